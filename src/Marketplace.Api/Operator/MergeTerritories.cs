using System.Globalization;
using Npgsql;

namespace Marketplace.Api.Operator;

/// <summary>
/// Follows a merger of territories that the state's classifier made. The tree is shared by all tenants, so whoever holds the database's owner does
/// it: <c>--merge-territories kz-615233000 kz-615237000 2026-11-01 "Decision of the maslikhat, 12 October 2026"</c>. Running instances move duties,
/// tasks, offers and figures as they hear of it.
/// </summary>
internal static class MergeTerritories
{
    public static async Task<int> Merge(string from, string into, string on, string source, DatabaseHome home)
    {
        if (home.Owner is null || !DateOnly.TryParseExact(on, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            await Console.Error.WriteLineAsync("Usage: --merge-territories FROM INTO YYYY-MM-DD SOURCE, with the database's owner.");
            return 2;
        }

        await using var owner = new NpgsqlConnection(home.Owner);
        await owner.OpenAsync();
        await using var merge = new NpgsqlCommand("select registry.merge_territories($1, $2, $3, $4)", owner);
        foreach (var value in (object[])[from, into, day, source])
        {
            merge.Parameters.AddWithValue(value);
        }

        try
        {
            Console.WriteLine($"{await merge.ExecuteScalarAsync()} places moved.");
            return 0;
        }
        catch (PostgresException refused) when (refused.ConstraintName is "no-merger" or "territory_before_source_check")
        {
            await Console.Error.WriteLineAsync(refused.MessageText);
            return 1;
        }
    }
}
