using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Amazon.EC2.Model;

namespace Automation.EndToEnd;

/// <summary>The router template, as CloudFormation makes it.</summary>
public sealed partial class MotoRegion
{
    public async Task DeployRouterAsync(string stack, string template, params IEnumerable<(string Name, string Value)> parameters)
    {
        var number = 0;
        await QueryAsync(
            "cloudformation",
            "2010-05-15",
            "CreateStack",
            [
                ("StackName", stack), ("TemplateBody", template), ("Capabilities.member.1", "CAPABILITY_IAM"),
                .. parameters.SelectMany(parameter =>
                {
                    number++;
                    return new[]
                    {
                        ($"Parameters.member.{number}.ParameterKey", parameter.Name), ($"Parameters.member.{number}.ParameterValue", parameter.Value),
                    };
                }),
            ]);
    }

    /// <returns>ARNs of the managed policies of the one role that is there, such as AmazonSSMManagedInstanceCore.</returns>
    public async Task<IReadOnlyList<string>> RouterManagedPoliciesAsync()
    {
        var role = Values(await QueryAsync("iam", "2010-05-08", "ListRoles"), "RoleName").Single();
        return [.. Values(await QueryAsync("iam", "2010-05-08", "ListAttachedRolePolicies", ("RoleName", role)), "PolicyArn")];
    }

    /// <returns>The statements of all policies of the one role that is there, as IAM has them.</returns>
    public async Task<IReadOnlyList<JsonObject>> RouterRoleStatementsAsync()
    {
        var roles = await QueryAsync("iam", "2010-05-08", "ListRoles");
        var role = Values(roles, "RoleName").Single();
        var policies = await QueryAsync("iam", "2010-05-08", "ListRolePolicies", ("RoleName", role));
        List<JsonObject> statements = [];
        foreach (var policy in policies.Descendants().Where(element => element.Name.LocalName == "member").Select(element => element.Value))
        {
            var answer = await QueryAsync("iam", "2010-05-08", "GetRolePolicy", ("RoleName", role), ("PolicyName", policy));
            // moto gives inline policies of a stack back as Python writes them; there is no other quotation mark in ours.
            var document = JsonNode.Parse(Uri.UnescapeDataString(Values(answer, "PolicyDocument").Single()).Replace('\'', '"'))!;
            statements.AddRange(document["Statement"]!.AsArray().Select(statement => statement!.AsObject()));
        }

        return statements;
    }

    /// <summary>What IAM decides of one action from statements, as it does of the calls of the end-to-end tests.</summary>
    /// <param name="context">The request's condition keys; a key that is not there is not in the request.</param>
    public async Task<bool> IsAllowedAsync(
        IEnumerable<JsonObject> statements, string action, string resource, IReadOnlyDictionary<string, string> context) =>
        (await _control.PostAsync<string[]>("decide", new { statements, action, resource, context })).Length > 0;

    public async Task<(ResponseLaunchTemplateData Data, string UserData)> RouterLaunchTemplateAsync()
    {
        var templates = await Ec2.DescribeLaunchTemplatesAsync(new DescribeLaunchTemplatesRequest());
        var versions = await Ec2.DescribeLaunchTemplateVersionsAsync(
            new DescribeLaunchTemplateVersionsRequest { LaunchTemplateId = templates.LaunchTemplates.Single().LaunchTemplateId });
        var data = versions.LaunchTemplateVersions.Single().LaunchTemplateData;
        return (data, Encoding.UTF8.GetString(Convert.FromBase64String(data.UserData)));
    }

    private static IEnumerable<string> Values(XElement answer, string name) =>
        answer.Descendants().Where(element => element.Name.LocalName == name).Select(element => element.Value);
}
