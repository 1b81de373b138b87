"""What runs beside the main thread: processes that end with this one, and threads that serve."""
