using System.Diagnostics.CodeAnalysis;

namespace Automation.Aws;

/// <summary>The name <c>&lt;prefix&gt;/nodes/&lt;instance id&gt;/&lt;leaf&gt;</c>.</summary>
internal static class NodeParameterName
{
    /// <param name="path"><c>&lt;prefix&gt;/nodes</c>.</param>
    /// <returns>false where the parameter is not a node's.</returns>
    public static bool TryParse(string? name, string path, [NotNullWhen(true)] out InstanceId? instance, [NotNullWhen(true)] out string? leaf)
    {
        instance = null;
        leaf = null;
        if (name is null || !name.StartsWith(path + "/", StringComparison.Ordinal))
        {
            return false;
        }

        var parts = name[(path.Length + 1)..].Split('/');
        if (parts.Length != 2 || parts[1].Length == 0 || !InstanceId.TryParse(parts[0], out instance))
        {
            return false;
        }

        leaf = parts[1];
        return true;
    }
}
