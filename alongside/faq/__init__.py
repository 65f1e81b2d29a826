"""`alongside faq ...`: the coordinators' cycle, from an edited file to the answer on the phone."""
