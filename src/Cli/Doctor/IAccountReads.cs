using System.Collections.Immutable;

namespace Automation.Cli;

/// <summary>What only the doctor reads of AWS. Throws <see cref="CallFailedException"/>.</summary>
internal interface IAccountReads
{
    /// <returns>The ARN of whoever runs the doctor.</returns>
    Task<string> GetCallerAsync(CancellationToken stopping);

    /// <returns>The parameters that an SSM document takes; null where there is none of that name.</returns>
    Task<ImmutableArray<string>?> GetDocumentParametersAsync(Scope scope, string document, CancellationToken stopping);

    /// <returns>The key of the ledger's table, as <c>name (type)</c>; null where there is no such table.</returns>
    Task<string?> GetLedgerKeyAsync(CancellationToken stopping);

    /// <summary>The trails that record a Region, of the account itself and of its organisation.</summary>
    Task<ImmutableArray<Trail>> ListTrailsAsync(Scope scope, CancellationToken stopping);

    /// <returns>Whether it is switched on, and records calls that change something.</returns>
    Task<(bool IsLogging, bool RecordsChanges)> GetTrailAsync(Scope scope, Trail trail, CancellationToken stopping);
}

/// <param name="HomeRegion">Where it was made; it may record others too.</param>
internal sealed record Trail(string Name, string Arn, string HomeRegion);
