"""An audit of whole clients: what an aggregate gives away of who took part."""
