// Two cores: a few classes at a time, each with a database of its own.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
