"""Addresses of pages about stored data, below a repository."""

from __future__ import annotations

from django.urls import path

from storage.views import buckets, changes, collection, connections, versions

app_name = "storage"

urlpatterns = [
    path("data", buckets.data, name="data"),
    path("data/files/<path:key>", buckets.place, name="place"),
    path("data/raw/<path:key>", buckets.content, name="content"),
    path("data/upload", buckets.upload, name="upload"),
    path("data/deletion/<path:key>", buckets.deletion, name="deletion"),
    path("data/usage", buckets.usage_page, name="usage"),
    path("data/collection", collection.collection, name="collection"),
    path("data/versions/<path:key>", versions.versions, name="versions"),
    path("data/restoration/<path:key>", versions.restoration, name="restoration"),
    path("data/connect", connections.connect, name="connect"),
    path("data/connected/<slug:bucket>", connections.top, name="connected"),
    path("data/connected/<slug:bucket>/files/<path:key>", connections.item, name="connected_item"),
    path("data/connected/<slug:bucket>/raw/<path:key>", connections.content, name="connected_content"),
    path("data/connected/<slug:bucket>/settings", connections.change, name="connection"),
    path("data/connected/<slug:bucket>/deletion", connections.disconnection, name="disconnection"),
    path("changes/<str:old>/<str:new>", changes.change, name="change"),
]
