using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;

namespace Automation.EndToEnd;

public sealed partial class MotoRegion
{
    // The documents of template.yaml in small: moto runs nothing and says Success at once.
    private const string RoutesDocument = """
        {
          "schemaVersion": "2.2",
          "parameters": { "routes": { "type": "String", "allowedPattern": "^[0-9a-f:./,]*$" } },
          "mainSteps": [ {
            "action": "aws:runShellScript",
            "name": "routes",
            "inputs": { "runCommand": [ "tailscale set --advertise-routes='{{ routes }}'" ] }
          } ]
        }
        """;

    private const string Dns64Document = """
        {
          "schemaVersion": "2.2",
          "parameters": { "config": { "type": "String", "allowedPattern": "^[A-Za-z0-9+/=]{1,16000}$" } },
          "mainSteps": [ {
            "action": "aws:runShellScript",
            "name": "names",
            "inputs": { "runCommand": [ "/usr/local/sbin/tailnet-dns64 '{{ config }}'" ] }
          } ]
        }
        """;

    private const string ProbeDocument = """
        {
          "schemaVersion": "2.2",
          "mainSteps": [ { "action": "aws:runShellScript", "name": "probe", "inputs": { "runCommand": [ "true" ] } } ]
        }
        """;

    public Task CreateRoutesDocumentAsync(string name = "Tailnet-SetRoutes") => CreateDocumentAsync(name, RoutesDocument);

    public Task CreateDns64DocumentAsync(string name = "Tailnet-SetDns64") => CreateDocumentAsync(name, Dns64Document);

    public Task CreateProbeDocumentAsync(string name = "Tailnet-Probe") => CreateDocumentAsync(name, ProbeDocument);

    private Task CreateDocumentAsync(string name, string content) =>
        Ssm.CreateDocumentAsync(new CreateDocumentRequest
        {
            Name = name,
            Content = content,
            DocumentType = DocumentType.Command,
            DocumentFormat = DocumentFormat.JSON,
        });

    /// <param name="key">ARN of its KMS key; null for the account's own.</param>
    public Task PutSecretAsync(string name, string value, string? key = null) =>
        Ssm.PutParameterAsync(new PutParameterRequest { Name = name, Value = value, Type = ParameterType.SecureString, KeyId = key });

    public Task PutStringAsync(string name, string value) =>
        Ssm.PutParameterAsync(new PutParameterRequest { Name = name, Value = value, Type = ParameterType.String, Overwrite = true });

    /// <returns>null where there is no such parameter; secrets are decrypted.</returns>
    public async Task<Parameter?> GetParameterAsync(string name)
    {
        try
        {
            return (await Ssm.GetParameterAsync(new GetParameterRequest { Name = name, WithDecryption = true })).Parameter;
        }
        catch (ParameterNotFoundException)
        {
            return null;
        }
    }

    public async Task<IReadOnlyDictionary<string, string>> ParameterTagsAsync(string name)
    {
        var tags = await Ssm.ListTagsForResourceAsync(
            new ListTagsForResourceRequest { ResourceType = ResourceTypeForTagging.Parameter, ResourceId = name });
        return (tags.TagList ?? []).ToDictionary(tag => tag.Key, tag => tag.Value);
    }

    /// <returns>Names of the parameters below a path, sorted.</returns>
    public async Task<IReadOnlyList<string>> ParameterNamesAsync(string path)
    {
        List<string> names = [];
        string? next = null;
        do
        {
            var page = await Ssm.GetParametersByPathAsync(new GetParametersByPathRequest { Path = path, Recursive = true, NextToken = next });
            names.AddRange((page.Parameters ?? []).Select(parameter => parameter.Name));
            next = page.NextToken;
        }
        while (!string.IsNullOrEmpty(next));
        return [.. names.Order(StringComparer.Ordinal)];
    }

    /// <returns>Commands sent, in order. Their InstanceIds are moto's: it adds every instance of the Region to those that were asked for.</returns>
    public async Task<IReadOnlyList<Command>> CommandsAsync()
    {
        var commands = (await Ssm.ListCommandsAsync(new ListCommandsRequest())).Commands ?? [];
        return [.. commands.OrderBy(command => command.RequestedDateTime)];
    }
}
