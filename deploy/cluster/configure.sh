#!/bin/sh
# Writes the files of this folder into /config with the names and ports of docker-compose.yml.
set -eu
cd /cluster
for name in pg1 pg2 pg3; do
    python render.py patroni.yml name="$name" host="$name" port=5432 rest_port=8008 \
        etcd="etcd1:2379, etcd2:2379, etcd3:2379" data=/var/lib/postgresql/data bin=/usr/lib/postgresql/18/bin \
        run=/tmp network=samenet buffers="${SHARED_BUFFERS:-1GB}" > "/config/$name.yml"
done
servers=""
for name in pg1 pg2 pg3; do
    servers="$servers    server $name $name:5432 check port 8008\n"
done
python render.py haproxy.cfg host=0.0.0.0 write_port=5000 read_port=5001 servers="$servers" > /config/haproxy.cfg
python render.py pgbouncer.ini host=0.0.0.0 write_host=haproxy write_port=5000 pool_port=6432 user=ops_app \
    log=/tmp/pgbouncer.log pid=/tmp/pgbouncer.pid > /config/pgbouncer.ini
python render.py sentinel.conf host=0.0.0.0 sentinel_port=26379 data=/tmp valkey_host=valkey1 valkey_port=6379 \
    > /config/sentinel.conf
python render.py nginx.conf host=0.0.0.0 proxy_port=8080 \
    servers="    server web1:8000 max_fails=1 fail_timeout=3s;\n    server web2:8000 max_fails=1 fail_timeout=3s;" \
    > /config/nginx.conf
