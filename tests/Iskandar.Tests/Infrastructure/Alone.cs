namespace Iskandar.Tests.Infrastructure;

/// <summary>For tests that look for a race by trying often: with the processors to themselves they are quick, and meet it.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
