"""The admin of the site."""

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from sectorprivacy.integrations.django import SealedAdmin
from sectorprivacy.purposes import using
from tests.integrations.django.alarm_site.models import Customer, Employee, Sorts
from tests.integrations.django.alarm_site.privacy import serving


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    """Opens nothing."""

    list_display = ("number", "name", "email")


class OpenedSite(admin.AdminSite):
    """A second admin, which opens values."""


opened_site = OpenedSite("opened")


@admin.register(Customer, site=opened_site)
class OpenedCustomerAdmin(SealedAdmin):
    """Opens the name for customer service."""

    opened_for = serving
    opened_fields = ("name",)


@admin.register(Employee, Sorts)
class OtherAdmin(admin.ModelAdmin):
    """Opens nothing."""


def name_of(request, number):
    """Open a name in a view."""
    customer = Customer.objects.get(number=number)
    with using(serving, customer):
        return HttpResponse(customer.name.open())


async def name_of_async(request, number):
    """Open a name in an async view."""
    from sectorprivacy.purposes import prefetch

    customer = await Customer.objects.aget(number=number)
    async with using(serving, customer):
        await prefetch(customer.name)
        return HttpResponse(customer.name.open())


urlpatterns = [
    path("admin/", admin.site.urls),
    path("opened/", opened_site.urls),
    path("name/<number>/", name_of),
    path("name-async/<number>/", name_of_async),
]
