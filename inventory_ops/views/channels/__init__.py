"""Pages of channels."""

from django.urls import path

from inventory_ops.views import bulk
from inventory_ops.views.channels import importing, overview, setting_up, traffic

urlpatterns = [
    path("", overview.index, name="channels"),
    path("new/", setting_up.new, name="channel-new"),
    path("listings/send/", bulk.act, {"slug": "channels-listings"}, name="channel-send-again"),
    path("listings/<int:pk>/", setting_up.listing, name="channel-listing"),
    path("webhooks/<uuid:token>/", traffic.webhook, name="channel-webhook"),
    path("<int:pk>/", overview.detail, name="channel"),
    path("<int:pk>/edit/", setting_up.edit, name="channel-edit"),
    path("<int:pk>/act/", overview.act, name="channel-act"),
    path("<int:pk>/catalogue/", importing.preview, name="channel-preview"),
    path("<int:pk>/upload/", importing.upload, name="channel-upload"),
]
