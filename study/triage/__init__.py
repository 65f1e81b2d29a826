"""Rules that read a message without a model: red flags, symptoms, doses and typed answers."""
