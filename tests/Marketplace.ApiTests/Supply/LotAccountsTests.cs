using CsCheck;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Marketplace.ApiTests.Supply;

/// <summary>The quantity account over random histories, and what the database refuses with the code taken away.</summary>
public sealed class LotAccountsTests(Market market) : IClassFixture<Market>
{
    private enum Act
    {
        Reserve,
        Release,
        Promise,
        Unpromise,
        Tender,
        Hold,
        Lift,
    }

    [Fact]
    public async Task Every_history_keeps_the_balances_and_the_moves_sum_to_them()
    {
        var farm = await market.ActiveFarm();
        var histories = Gen.Select(Gen.Enum<Act>(), Gen.Long[1, 700], Gen.Long[0, 800]).Array[5, 40];
        var samples = histories.Array[25].Single();
        foreach (var history in samples)
        {
            var lot = await market.SellableLot(farm, amount: 1_000);
            var model = new Market.Account(1_000, 1_000, 0, 0, 0, 0);
            foreach (var (act, amount, weighed) in history)
            {
                var before = model;
                model = Model(model, act, amount, weighed);
                var refused = await Act_on(lot, act, amount, weighed);
                Assert.True(refused == (model == before && !(act == Act.Tender && amount == 0)), $"{act} {amount} on {before}: refused {refused}");
                var account = await market.AccountOf(lot);
                Assert.Equal(model, account);
                Assert.True(account.Reserved + account.Promised + account.Delivered <= account.Certified && account.Certified <= account.Ceiling);
            }

            Assert.Equal(model, await market.MovesOf(lot));
        }
    }

    [Theory]
    [InlineData("update supply.lot_account set reserved = certified + 1 where lot_id = '{0}'", "never-sell-what-is-not-there")]
    [InlineData("update supply.lot_account set promised = certified, delivered = 1 where lot_id = '{0}'", "never-sell-what-is-not-there")]
    [InlineData("update supply.lot_account set certified = ceiling + 1 where lot_id = '{0}'", "above-ceiling")]
    [InlineData("update supply.lot_account set reserved = -1 where lot_id = '{0}'", "lot_account_reserved_check")]
    public async Task The_database_itself_refuses_what_is_not_there(string sql, string constraint)
    {
        var lot = await market.SellableLot(await market.ActiveFarm());
        var failure = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(string.Format(null, sql, lot)));
        Assert.Equal(constraint, failure.ConstraintName);
    }

    [Fact]
    public async Task A_reservation_that_is_refused_has_moved_nothing_so_that_the_caller_may_plan_again_in_the_same_transaction()
    {
        var farm = await market.ActiveFarm();
        var (full, small) = (await market.SellableLot(farm, amount: 5_000), await market.SellableLot(farm, amount: 1_000));
        await market.Within(async services =>
        {
            var accounts = services.GetRequiredService<ILotAccounts>();
            Assert.NotNull(await accounts.Reserve(Guid.NewGuid(), [new(full, 5_000), new(small, 1_001)], default));
            Assert.Null(await accounts.Reserve(Guid.NewGuid(), [new(small, 1_000)], default));
            return true;
        });
        Assert.Equal(0, (await market.AccountOf(full)).Reserved);
        Assert.Equal(1_000, (await market.AccountOf(small)).Reserved);
    }

    [Theory]
    [InlineData("update supply.lot_account set ceiling = ceiling + 1 where lot_id = '{0}'")]
    [InlineData("update supply.lot_account set certified = ceiling, sellable_until = now() + interval '1 year' where lot_id = '{0}'")]
    public async Task An_account_grows_with_a_certificate_only(string sql)
    {
        var lot = await market.DeclaredLot(await market.ActiveFarm());
        var failure = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(string.Format(null, sql, lot)));
        Assert.Equal("not-credited", failure.ConstraintName);
    }

    [Fact]
    public async Task Nothing_of_a_held_or_ended_lot_is_promised_or_weighed_in()
    {
        var farm = await market.ActiveFarm();
        var (held, ended) = (await market.SellableLot(farm), await market.SellableLot(farm));
        foreach (var lot in (LotId[])[held, ended])
        {
            Assert.False(await Act_on(lot, Act.Reserve, 500, 0));
            Assert.False(await Act_on(lot, Act.Promise, 200, 0));
        }

        Assert.False(await Act_on(held, Act.Hold, 1, 0));
        await market.Owner($"update supply.lot_account set sellable_until = kernel.now() - interval '1 second' where lot_id = '{ended}'");
        foreach (var (lot, code) in new[] { (held, "lot-held"), (ended, "certificate-not-live") })
        {
            Assert.Equal(code, await market.Within(async services => (await services.GetRequiredService<ILotAccounts>().Promise(Guid.NewGuid(), [new(lot, 100)], default))?.Code));
            Assert.Equal(code, await market.Within(async services => (await services.GetRequiredService<ILotAccounts>().Tender(Guid.NewGuid(), lot, 100, 100, default))?.Code));
            Assert.Equal(code, await market.Within(async services => (await services.GetRequiredService<ILotAccounts>().Leaving([lot], default))?.Code));
            Assert.False(await Act_on(lot, Act.Release, 300, 0));
            Assert.False(await Act_on(lot, Act.Unpromise, 200, 0));
        }
    }

    [Theory]
    [InlineData("update supply.lot_move set reserved = 0 where lot_id = '{0}'")]
    [InlineData("delete from supply.lot_move where lot_id = '{0}'")]
    [InlineData("update supply.lot set declared = 1 where id = '{0}'")]
    [InlineData("delete from supply.lot where id = '{0}'")]
    [InlineData("delete from supply.lot_account where lot_id = '{0}'")]
    [InlineData("update supply.lot_certificate set credited = 1 where lot_id = '{0}'")]
    [InlineData("update kernel.event set payload = '{{}}' where stream = '{0}'")]
    [InlineData("delete from kernel.event where stream = '{0}'")]
    [InlineData("insert into kernel.event (stream, number, type, payload, recorded_at, previous_hash, hash) values ('{0}', 9, 'x', 'x', now(), '', '')")]
    [InlineData("update kernel.clock set shift = '1 day'")]
    public async Task The_applications_role_cannot_rewrite_history(string sql)
    {
        var lot = await market.SellableLot(await market.ActiveFarm());
        var failure = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(string.Format(null, sql, lot)));
        Assert.Equal("42501", failure.SqlState);
    }

    private async Task<bool> Act_on(LotId lot, Act act, long amount, long weighed)
    {
        var cause = Guid.NewGuid();
        LotPart[] parts = [new(lot, amount)];
        return await market.Within(async services =>
        {
            var accounts = services.GetRequiredService<ILotAccounts>();
            return act switch
            {
                Act.Reserve => await accounts.Reserve(cause, parts, default),
                Act.Release => await accounts.Release(cause, parts, default),
                Act.Promise => await accounts.Promise(cause, parts, default),
                Act.Unpromise => await accounts.Unpromise(cause, parts, default),
                Act.Tender => await accounts.Tender(cause, lot, amount, weighed, default),
                Act.Hold => await accounts.Hold([lot], "test", default),
                _ => await accounts.Lift([lot], default),
            };
        }) is not null;
    }

    /// <summary>The account as the domain describes it; an act that cannot happen changes nothing.</summary>
    private static Market.Account Model(Market.Account a, Act act, long amount, long weighed) => act switch
    {
        Act.Reserve when a.Holds == 0 && a.Reserved + a.Promised + a.Delivered + amount <= a.Certified => a with { Reserved = a.Reserved + amount },
        Act.Release when a.Reserved >= amount => a with { Reserved = a.Reserved - amount },
        Act.Promise when a.Holds == 0 && a.Reserved >= amount => a with { Reserved = a.Reserved - amount, Promised = a.Promised + amount },
        Act.Unpromise when a.Promised >= amount => a with { Promised = a.Promised - amount },
        Act.Tender when a.Holds == 0 && a.Promised >= amount => a with
        {
            Promised = a.Promised - amount,
            Delivered = a.Delivered + Math.Min(amount, weighed),
            Certified = a.Certified - Math.Max(0, amount - weighed),
            Ceiling = a.Ceiling - Math.Max(0, amount - weighed),
        },
        Act.Hold => a with { Holds = a.Holds + 1 },
        Act.Lift when a.Holds > 0 => a with { Holds = a.Holds - 1 },
        _ => a,
    };
}
