"""The modes of the app: one module and one style sheet for each."""
