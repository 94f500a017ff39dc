namespace Automation.Nodes;

/// <summary>Names of the SSM parameters of a node: <c>&lt;prefix&gt;/nodes/&lt;instance id&gt;/&lt;leaf&gt;</c>.</summary>
public static class NodeParameters
{
    public const string AuthKey = "auth-key";

    public const string Settings = "settings";

    public static string Folder(string prefix) => $"{prefix}/nodes";

    public static string Name(string prefix, InstanceId instance, string leaf) => $"{Folder(prefix)}/{instance}/{leaf}";
}
