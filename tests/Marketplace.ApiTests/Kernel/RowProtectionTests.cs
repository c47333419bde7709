using Marketplace.Tests;
using Npgsql;

namespace Marketplace.ApiTests;

/// <summary>What the database itself refuses, whatever the application does: read from its catalogue after all migrations.</summary>
public sealed class RowProtectionTests(Market market) : IClassFixture<Market>
{
    /// <summary>Tables of the migrating tool, which no request reaches.</summary>
    private static readonly string[] Journal = ["kernel.migration"];

    [Fact]
    public async Task Every_table_of_business_belongs_to_a_tenant()
    {
        var open = await Names("""
            select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
               and not (c.relrowsecurity and c.relforcerowsecurity
                   and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull)
                   and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant' and p.polcmd = '*'
                                  and pg_get_expr(p.polqual, p.polrelid) like '%kernel.tenant()%'
                                  and pg_get_expr(p.polwithcheck, p.polrelid) like '%kernel.tenant()%')
                   and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname <> 'tenant' and p.polpermissive))
            """);
        Assert.Equal(SharedTables.Reasons.Keys.Concat(Journal).Order(StringComparer.Ordinal), open);
    }

    [Fact]
    public async Task Partitions_are_reached_through_their_table_only() => Assert.Empty(await Names("""
        select c.oid::regclass::text from pg_class c
         where c.relispartition and c.relkind = 'r' and has_table_privilege('marketplace_app', c.oid, 'select, insert, update, delete')
        """));

    [Fact]
    public async Task Shared_tables_are_not_changed()
    {
        string[] outbox = ["kernel.delivery"]; // rows end in the transaction of what they led to
        string[] grow = ["catalogue.word"]; // words of new products
        Assert.Empty(await Names($"""
            select name from unnest(array[{Texts(SharedTables.Reasons.Keys.Except(outbox))}]) as name
             where has_any_column_privilege('marketplace_app', name, 'update') or has_table_privilege('marketplace_app', name, 'delete, truncate')
                or has_any_column_privilege('marketplace_app', name, 'insert') and name not in ({Texts(grow)})
            """));
    }

    [Fact]
    public async Task The_application_owns_nothing() => Assert.Empty(await Names("""
        select classid::regclass::text || ' ' || objid from pg_shdepend
         where refclassid = 'pg_authid'::regclass and refobjid = 'marketplace_app'::regrole and deptype = 'o'
        """));

    [Fact]
    public async Task The_application_is_nobody_special()
    {
        Assert.False(await market.Scalar<bool>("""
            select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication from pg_roles where rolname = 'marketplace_app'
            """));
        Assert.Equal(0L, await market.Scalar<long>("select count(*) from pg_auth_members where member = 'marketplace_app'::regrole"));
        Assert.Empty(await Names("select nspname from pg_namespace where nspname !~ '^pg_' and has_schema_privilege('marketplace_app', oid, 'create')"));
    }

    [Theory]
    [InlineData("kernel.event")]
    [InlineData("kernel.checkpoint")]
    [InlineData("kernel.tree_tile")]
    [InlineData("settlement.entry")]
    [InlineData("settlement.transfer")]
    [InlineData("certification.decision")]
    [InlineData("supply.lot_move")]
    public async Task What_was_written_stays(string table)
    {
        Assert.False(await market.Scalar<bool>($"""
            select has_any_column_privilege('marketplace_app', '{table}', 'update') or has_table_privilege('marketplace_app', '{table}', 'delete, truncate')
            """));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"delete from {table}"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task Functions_that_run_as_the_owner_name_their_schemas() => Assert.Empty(await Names("""
        select oid::regprocedure::text from pg_proc where prosecdef and not coalesce(array_to_string(proconfig, ',') like '%search_path=%pg_temp%', false)
        """));

    private static string Texts(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));

    private async Task<IReadOnlyList<string>> Names(string sql)
    {
        await using var connection = new NpgsqlConnection(market.OwnerConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await reader.ReadAsync())
        {
            names.Add(reader.GetString(0));
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }
}
