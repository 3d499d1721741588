"""Study: steps from facts to results, and the recipe that replays them."""
