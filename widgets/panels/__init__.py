"""What the desk says about each of its subjects, as lines of text. Pure functions of a picture and a width."""
