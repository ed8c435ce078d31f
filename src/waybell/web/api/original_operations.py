"""The operations of the Track-POD API 2.0; they answer at the root too.

All others are our own: they answer under `/api` alone, and are stricter with what callers send.
"""

_IDS = """
AddAddress AddDriver AddOrder AddOrderBulk AddOrderToRouteByCode AddOrderToRouteById AddRoute AddVehicle
CloseRouteByCode CloseRouteById CompleteOrderById CompleteOrderByNumber CompleteOrderByTrackId
DeleteDriverById DeleteDriverByUsername DeleteOrderById DeleteOrderByNumber DeleteRouteByCode
DeleteRouteById DeleteVehicle GetCheckByVehicle GetChecksByVehicle GetDriverById GetDriverByUsername
GetDrivers GetOrderByDate GetOrderById GetOrderByNumber GetOrderByRouteCode GetOrderByRouteDate
GetOrderByStatusDate GetOrderByTrackId GetOrderPodById GetOrderPodByNumber GetOrderShippingLabelById
GetOrderShippingLabelByNumber GetOrdersByNumber GetRejectReasonsList GetRouteByCode GetRouteByDate
GetRouteById GetRouteExportCode GetRouteExportId GetRouteTrackByCode GetRouteTrackById GetVehicle
GetVehicleChecksByDate GetVehicles MoveOrderToRouteByCodeById MoveOrderToRouteByCodeByNumber
MoveOrderToRouteByIdById MoveOrderToRouteByIdByNumber RejectOrderById RejectOrderByNumber
RejectOrderByTrackId SetOrderStatusById SetOrderStatusByNumber SetOrderStatusByTrackId SetRouteExportCode
SetRouteExportId SetRouteReadyByCode SetRouteReadyById StartRouteByCode StartRouteById Test UpdateDriver
UpdateOrder UpdateOrderByTrackId UpdateRouteByCode UpdateRouteById UpdateRouteCustomValuesByCode
UpdateRouteCustomValuesById UpdateVehicle
"""
ORIGINAL = frozenset(_IDS.split())
# The paths of these operations begin with these nouns. No page has such a path, in any letter case.
NOUNS = ("Address", "Driver", "Order", "RejectReason", "Route", "Test", "Vehicle", "VehicleCheck")
