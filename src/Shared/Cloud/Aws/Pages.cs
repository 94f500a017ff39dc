namespace Automation.Aws;

/// <summary>Reads a list page by page to its end.</summary>
internal static class Pages
{
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
}
