using Automation.Aws;

namespace Automation.Cli;

/// <summary>The AWS side: who asks, what is there, and what may be read.</summary>
internal sealed class AwsChecks(Settings settings, IAws aws, IAccountReads reads)
{
    public async Task<IReadOnlyList<CheckResult>> RunAsync(CancellationToken stopping)
    {
        var caller = CallerAsync(stopping);
        var ledger = LedgerAsync(stopping);
        var scopes = settings.Scopes.Select(scope => ScopeAsync(scope, stopping)).ToArray();
        var documents = settings.Scopes.SelectMany(scope => settings.Documents.Select(document => DocumentAsync(scope, document, stopping))).ToArray();
        var trails = settings.Scopes.Select(scope => TrailAsync(scope, stopping)).ToArray();
        return [await caller, await ledger, .. await Task.WhenAll(scopes), .. await Task.WhenAll(documents), .. await Task.WhenAll(trails)];
    }

    private Task<CheckResult> CallerAsync(CancellationToken stopping) => Check("caller", settings.Home.ToString(), "Sign in, or choose a profile with AWS_PROFILE.", async () =>
    {
        var arn = await reads.GetCallerAsync(stopping);
        return arn.Split(':') is [_, _, _, _, var account, ..] && account == settings.Home.Account
            ? CheckResult.Ok("caller", settings.Home.ToString(), $"These are the credentials of {arn}.")
            : CheckResult.Failure("caller", settings.Home.ToString(), $"These are the credentials of {arn}.", $"Sign in to account {settings.Home.Account}, or set ACCOUNT_ID to the account of the functions.");
    });

    private Task<CheckResult> LedgerAsync(CancellationToken stopping) => Check("ledger", settings.LedgerTable, "Allow what the message names, or see by hand that the table is there.", async () =>
        await reads.GetLedgerKeyAsync(stopping) switch
        {
            "pk (S)" => CheckResult.Ok("ledger", settings.LedgerTable, "The table is there, with the key pk."),
            null => CheckResult.Failure("ledger", settings.LedgerTable, $"There is no such table in {settings.Home}.", "Set LEDGER_TABLE to the stack's table, or create one with the string key pk."),
            var key => CheckResult.Failure("ledger", settings.LedgerTable, $"The table's key is {key}, not pk (S).", "Create a table with the string key pk alone, and name it in LEDGER_TABLE."),
        });

    // In another account this assumes the member role too.
    private Task<CheckResult> ScopeAsync(Scope scope, CancellationToken stopping) => Check("scope", scope.ToString(), "Do as the message says.", async () =>
    {
        var vpcs = (await aws.In(scope).Ec2.DescribeVpcsAsync(null, stopping)).Items.Length;
        return CheckResult.Ok("scope", scope.ToString(), scope.Account == settings.Home.Account
            ? $"It can be read: {vpcs} VPC(s)."
            : $"The role {settings.MemberRole} can be assumed and may read: {vpcs} VPC(s).");
    });

    private Task<CheckResult> DocumentAsync(Scope scope, (string Variable, string Name, string Parameter) document, CancellationToken stopping)
    {
        var resource = $"{document.Name} in {scope}";
        return Check("document", resource, "Allow what the message names, or see by hand that the document is there.", async () =>
            await reads.GetDocumentParametersAsync(scope, document.Name, stopping) switch
            {
                null => CheckResult.Failure("document", resource, "There is no such SSM document.", $"Create it there as template.yaml does, or name another in {document.Variable}."),
                { } takes when takes.Contains(document.Parameter) => CheckResult.Ok("document", resource, $"It takes the parameter {document.Parameter}."),
                { } takes => CheckResult.Failure(
                    "document", resource, $"It does not take the parameter {document.Parameter} (it takes: {(takes.IsEmpty ? "none" : string.Join(", ", takes))}).",
                    $"Create it as template.yaml does, or name another in {document.Variable}."),
            });
    }

    private Task<CheckResult> TrailAsync(Scope scope, CancellationToken stopping)
    {
        const string check = "cloudtrail", late = "Until then changes are seen by the schedule alone.";
        return Check(check, scope.ToString(), "Allow what the message names, or see by hand that a trail records management events.", async () =>
        {
            List<string> others = [];
            foreach (var trail in await reads.ListTrailsAsync(scope, stopping))
            {
                try
                {
                    switch (await reads.GetTrailAsync(scope, trail, stopping))
                    {
                        case (true, true):
                            return CheckResult.Ok(check, scope.ToString(), $"The trail {trail.Name} records calls that change something.");
                        case (false, _):
                            others.Add($"{trail.Name} is switched off");
                            break;
                        default:
                            others.Add($"{trail.Name} leaves out management events that change something");
                            break;
                    }
                }
                catch (CallFailedException unread)   // an organisation's trail may hide its settings from its members
                {
                    others.Add($"{trail.Name} cannot be looked at ({unread.Message})");
                }
            }

            return CheckResult.Warning(
                check, scope.ToString(), others.Count == 0 ? "No trail records this Region, so no event of a changed VPC, zone or rule comes." : $"No trail is known to record what changes: {string.Join("; ", others)}.",
                $"Let a CloudTrail trail record management events (write) of this Region, and switch it on. {late}");
        });
    }

    private static async Task<CheckResult> Check(string check, string resource, string remedy, Func<Task<CheckResult>> run)
    {
        try
        {
            return await run();
        }
        catch (CallFailedException failed)
        {
            // What cannot be read may be right all the same; without who asks and what is asked nothing else works.
            return new(check, resource, check is "caller" or "scope" ? CheckResult.IsFailure : CheckResult.IsWarning, failed.Message, remedy);
        }
    }
}
