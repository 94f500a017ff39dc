using System.Collections.Immutable;

namespace Automation.Fuzz;

/// <summary>The samples that are built in: <c>events/</c>, and the answers in <c>samples/</c> beside this file.</summary>
internal static class Samples
{
    /// <param name="folder">Such as <c>events/</c>.</param>
    /// <returns>In the order of their names.</returns>
    public static ImmutableArray<(string Name, string Text)> In(string folder) =>
    [
        .. typeof(Samples).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => (name[folder.Length..], Text(name))),
    ];

    public static string Text(string name)
    {
        using var reader = new StreamReader(typeof(Samples).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException($"There is no sample {name}."));
        return reader.ReadToEnd();
    }
}
