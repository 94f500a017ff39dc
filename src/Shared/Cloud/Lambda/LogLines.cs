using System.Text;

namespace Automation.Lambda;

/// <summary>Where log and metric lines go: whole, in order, written before the call returns, and without secrets.</summary>
/// <remarks>Lambda freezes the process after an answer: a line that waits in a background queue then is late or lost.</remarks>
public sealed class LogLines(Stream output)
{
    private readonly Lock _order = new();

    public static LogLines ToStandardOutput() => new(Console.OpenStandardOutput());

    /// <summary>Writes one line. Never throws: what was being done matters more than the line about it.</summary>
    public void Write(string line)
    {
        // One write, newline included: Lambda makes one log event of it.
        var bytes = Encoding.UTF8.GetBytes(Redaction.Of(line) + "\n");
        lock (_order)
        {
            try
            {
                output.Write(bytes);
                output.Flush();
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or NotSupportedException)
            {
                // The reader is gone or the disk is full: nobody is left to be told.
            }
        }
    }
}
