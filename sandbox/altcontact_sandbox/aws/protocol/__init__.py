"""What goes over the wire: requests, answers and errors in the services' three protocols."""
