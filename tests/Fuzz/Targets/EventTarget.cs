using System.Text;
using Automation.Events;

namespace Automation.Fuzz;

/// <summary>The text of one EventBridge event: the news that it becomes names nothing that it does not hold, or it is refused.</summary>
internal sealed class EventTarget : Target
{
    private readonly JsonMutator _events = new(Samples.In("events/").Where(sample => !sample.Name.Contains('/')).Select(sample => sample.Text));

    public override string Name => "events";

    public override int Share => 300;

    public override AllocationLimit Limit => new(32_000, 40);

    public override Input Make(Dice dice)
    {
        // A queue hands over text: what was no UTF-8 is replaced, and half a surrogate pair may stand in it.
        var bytes = _events.Bytes(dice);
        var text = Encoding.UTF8.GetString(bytes);
        if (dice.OneIn(50))
        {
            text = text.Insert(dice.Below(text.Length + 1), dice.Of(["\ud800", "\udc00", "\0", "\ufeff"]));
        }

        return new(Encoding.UTF8.GetBytes(text), () => Try(text));
    }

    private static Outcome Try(string text)
    {
        News news;
        try
        {
            news = EventParser.Parse(text);
        }
        catch (MalformedEventException malformed)
        {
            return Outcome.Refused(malformed);
        }

        Must.Be(news.Id.Length <= Printable.Longest + 3 && !news.Id.Any(char.IsControl), "the id is not fit for a log");
        var change = news.Change;
        var (scope, id) = change switch
        {
            ChangeEvent.InstanceHeld c => (c.Scope, c.Instance.ToString()),
            ChangeEvent.InstanceLeaves c => (c.Scope, c.Instance.ToString()),
            ChangeEvent.InstanceRuns c => (c.Scope, c.Instance.ToString()),
            ChangeEvent.InstanceTagged c => (c.Scope, c.Instance.ToString()),
            ChangeEvent.InstanceLaunched c => (c.Scope, c.Instance.ToString()),
            ChangeEvent.TaskStopped c => (c.Scope, c.Task.ToString()),
            ChangeEvent.ScopeChanged c => (new Scope(c.Account, c.Region ?? "us-east-1"), ""),
            _ => ((Scope?)null, ""),
        };
        if (scope is not null)
        {
            Must.Be(Scope.IsAccount(scope.Account) && Scope.IsRegion(scope.Region), "the account or the Region is none");
            Must.Be(Holds(text, scope.Account) && (change is ChangeEvent.ScopeChanged { Region: null } || Holds(text, scope.Region)), "the event does not name that account and Region");
            Must.Be(Holds(text, id), "the event does not name that instance or task");
            Must.Be(id.Length == 0 || InstanceId.TryParse(id, out _) || TaskId.TryParse(id, out _), "it names no instance and no task");
        }

        return Outcome.Of(change.GetType().Name, change is ChangeEvent.ScopeChanged changed ? changed.What : "");
    }

    // A name that is written with escapes is there all the same.
    private static bool Holds(string text, string name) => text.Contains(name, StringComparison.Ordinal) || text.Contains("\\u", StringComparison.OrdinalIgnoreCase);
}
