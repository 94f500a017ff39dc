namespace Automation.Events;

/// <summary>The real events of the folder <c>events</c>.</summary>
internal static class Samples
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "events");

    public static string[] Names => [.. Directory.GetFiles(s_folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    public static string Text(string name) => File.ReadAllText(Path.Combine(s_folder, name + ".json"));

    public static string Wrapped(string name) => Text(Path.Combine("wrapped", name));
}
