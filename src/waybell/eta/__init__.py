"""When does a driver come to the stops that are left? Estimates for routes in progress, kept up to date."""
