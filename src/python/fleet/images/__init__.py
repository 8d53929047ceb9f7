"""Images of the build -> a local engine. Sends no layer twice; knows nothing of agents."""
