using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests;

public sealed partial class Market
{
    /// <summary>A lot declared by a household's member over HTTP.</summary>
    public async Task<LotId> DeclaredLot(Farm farm, string product = "potato", long amount = 100_000, string? price = "150.0000")
    {
        var lot = await Body(await Post(farm.Head, "/v1/lots", new
        {
            product,
            quantity = new { amount, unit = UnitOf(product).Step },
            readyOn = Today.ToString("yyyy-MM-dd"),
            price = price is null ? null : new { value = price, currency = "KZT", per = UnitOf(product).Trading },
        }));
        return LotId.From(lot["id"]!.GetValue<Guid>());
    }

    /// <summary>A lot whose certified quantity was credited directly, for tests that are not about certification.</summary>
    public async Task<LotId> SellableLot(Farm farm, string product = "potato", long amount = 100_000, string? price = "150.0000", int days = 20)
    {
        var lot = await DeclaredLot(farm, product, amount, price);
        await Within(async services =>
        {
            var accounts = services.GetRequiredService<ILotAccounts>();
            Assert.Null(await accounts.PutUnderCertification(lot, CertificationApplicationId.New(), default));
            Assert.Null(await accounts.Credit(CertificateId.New(), [new LotPart(lot, amount)], Clock.GetUtcNow().AddDays(days), default));
            return true;
        });
        return lot;
    }

    /// <summary>What a lot's account holds, read by the database's owner.</summary>
    public async Task<Account> AccountOf(LotId lot) => Account.Read(await Scalar<string>($"""
        select concat_ws(' ', ceiling, certified, reserved, promised, delivered, hold_count) from supply.lot_account where lot_id = '{lot}'
        """));

    /// <summary>The sum of a lot's moves, which must equal its account.</summary>
    public async Task<Account> MovesOf(LotId lot) => Account.Read(await Scalar<string>($"""
        select concat_ws(' ', sum(ceiling), sum(certified), sum(reserved), sum(promised), sum(delivered),
                         count(*) filter (where kind = 'hold') - count(*) filter (where kind = 'lift'))
          from supply.lot_move where lot_id = '{lot}'
        """));

    public DateOnly Today => DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime);

    /// <summary>Reserves one part of one lot as a buyer.</summary>
    public Task<HttpResponseMessage> Reserve(Member buyer, LotId lot, long amount, string? key = null) =>
        Post(buyer, "/v1/reservations", new { parts = new[] { new { lot, amount } } }, key);

    private static (string Step, string Trading) UnitOf(string product) =>
        product.StartsWith("milk", StringComparison.Ordinal) ? ("MLT", "LTR") : product.StartsWith("eggs", StringComparison.Ordinal) ? ("H87", "H87") : ("GRM", "KGM");

    /// <summary>A lot's balances.</summary>
    public sealed record Account(long Ceiling, long Certified, long Reserved, long Promised, long Delivered, long Holds)
    {
        public static Account Read(string text)
        {
            var figures = text.Split(' ').Select(long.Parse).ToArray();
            return new Account(figures[0], figures[1], figures[2], figures[3], figures[4], figures[5]);
        }
    }
}
