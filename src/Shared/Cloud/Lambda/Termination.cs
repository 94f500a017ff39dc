using System.Runtime.InteropServices;

namespace Automation.Lambda;

/// <summary>Turns SIGTERM into a token, in place of the process's sudden end.</summary>
/// <remarks>Lambda sends it only where an extension is registered, and kills soon after: nothing correct may depend on it.</remarks>
public sealed class Termination : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _registration;

    public Termination() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
    {
        context.Cancel = true;
        _source.Cancel();
    });

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }
}
