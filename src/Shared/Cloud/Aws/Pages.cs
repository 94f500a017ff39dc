namespace Automation.Aws;

/// <summary>Reads a list page by page to its end.</summary>
internal static class Pages
{
    // EC2 gives back twenty requests a second of each kind.
    private const int ListsAtOnce = 10;

    /// <param name="fetch">Fetches the page that a token stands for; null is the first.</param>
    /// <param name="read">Puts a page's items into the listing and gives the next page's token; null or empty after the last.</param>
    /// <returns>Where a later page fails, what was read until then, with the problem.</returns>
    /// <exception cref="CallFailedException">The first page failed.</exception>
    public static async Task<Listing<T>> ReadAsync<TPage, T>(
        Func<string?, Task<TPage>> fetch, Func<TPage, ListingBuilder<T>, string?> read)
    {
        var listing = new ListingBuilder<T>();
        string? token = null;
        for (var number = 1; ; number++)
        {
            TPage page;
            try
            {
                page = await fetch(token).ConfigureAwait(false);
            }
            catch (CallFailedException failed) when (number > 1)
            {
                listing.AddProblem(failed.Message);
                return listing.ToListing();
            }

            var next = read(page, listing);
            if (string.IsNullOrEmpty(next))
            {
                return listing.ToListing();
            }

            if (next == token)
            {
                listing.AddProblem("the service gave the same page token twice");
                return listing.ToListing();
            }

            token = next;
        }
    }

    /// <summary>Reads a list of each of several things, some at once, in the order given.</summary>
    /// <returns>A list whose first page fails is empty, with the problem.</returns>
    public static async Task<List<(TOf Of, Listing<T> Found)>> ReadEachAsync<TOf, T>(IEnumerable<TOf> all, Func<TOf, Task<Listing<T>>> read)
    {
        var found = new List<(TOf, Listing<T>)>();
        foreach (var some in all.Chunk(ListsAtOnce))
        {
            found.AddRange(await Task.WhenAll(some.Select(async one => (one, await OrProblemAsync(() => read(one)).ConfigureAwait(false)))).ConfigureAwait(false));
        }

        return found;
    }

    private static async Task<Listing<T>> OrProblemAsync<T>(Func<Task<Listing<T>>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (CallFailedException failed)
        {
            return new([], failed.Message);
        }
    }
}
