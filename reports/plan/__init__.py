"""Many trainings on one machine with one large GPU and little time."""
