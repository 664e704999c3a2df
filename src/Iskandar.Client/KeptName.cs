namespace Iskandar.Client;

/// <summary>A tunnel's name, and what shows the server that it is this client's. Whoever has both can take the name: keep them as you keep a password.</summary>
/// <param name="Name">The name, one DNS label.</param>
/// <param name="Key">Its key, as the server gave it.</param>
public sealed record KeptName(string Name, string Key)
{
    /// <summary>The name alone: a key doesn't belong in a log.</summary>
    public override string ToString() => Name;
}
