// A real shop for the tests of the channel kind `vendure`. Started by tests/channels/vendure_shop.py, which passes
// everything by environment. Vendure itself comes from npm (package-lock.json) and is never shipped.
process.env.VENDURE_DISABLE_TELEMETRY = "true";
const path = require("node:path");
const load = (name) => require(require.resolve(name, { paths: [path.join(process.env.SHOP_MODULES, "..")] }));
const { bootstrap, DefaultLogger, LogLevel, JobQueueService, dummyPaymentHandler } = load("@vendure/core");
const { rateLimit } = load("express-rate-limit");

const perSecond = Number(process.env.SHOP_RATE || 0);
const limited = { route: "/*splat", handler: rateLimit({ windowMs: 1000, limit: perSecond, legacyHeaders: false, standardHeaders: "draft-8" }) };

bootstrap({
  apiOptions: {
    hostname: "127.0.0.1",
    port: Number(process.env.SHOP_PORT),
    adminApiPath: "admin-api",
    shopApiPath: "shop-api",
    cors: false,
    middleware: perSecond ? [{ ...limited, beforeListen: true }] : [],
  },
  authOptions: {
    tokenMethod: ["bearer", "api-key"],
    superadminCredentials: { identifier: "superadmin", password: process.env.SHOP_PASSWORD },
    requireVerification: false,
  },
  dbConnectionOptions: {
    type: "postgres",
    host: process.env.SHOP_DB_HOST,
    port: Number(process.env.SHOP_DB_PORT || 5432),
    username: process.env.SHOP_DB_USER,
    password: process.env.SHOP_DB_PASSWORD || undefined,
    database: process.env.SHOP_DB_NAME,
    synchronize: process.env.SHOP_FRESH === "1",
  },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  logger: new DefaultLogger({ level: LogLevel.Warn, timestamp: false }),
  plugins: [],
}).then(async (app) => {
  await app.get(JobQueueService).start();
  console.log("READY");
}, (error) => {
  console.error(error);
  process.exit(1);
});
