"""What the whole fleet is held to: workers, Redis and PostgreSQL as processes, and archives of full size."""
