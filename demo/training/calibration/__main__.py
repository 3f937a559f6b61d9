"""`python -m demo.training.calibration --data DATA`: the last step of the recipe, on finished weights."""

from demo.training.calibration.fit import main

if __name__ == "__main__":
    main()
