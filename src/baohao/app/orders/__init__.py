"""Standing orders: kept by a worker, stopped by a link, told of."""
