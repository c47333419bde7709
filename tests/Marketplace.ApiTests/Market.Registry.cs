using System.Globalization;
using Marketplace.Cli.Demo;
using Marketplace.Contracts;
using Marketplace.Supply.Reservations;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests;

public sealed partial class Market
{
    private static int farmNumber;

    /// <summary>A household and its head, who is signed in.</summary>
    public sealed record Farm(HouseholdId Household, Member Head);

    /// <summary>A village of the cast's district.</summary>
    public const string Village = "kz-615230100";

    /// <summary>A household registered by telephone, confirmed by the akim and accepted by the co-operative it named, all over HTTP.</summary>
    public async Task<Farm> ActiveFarm(string village = Village)
    {
        var farm = await RegisteredFarm(village);
        await Body(await Post(Role.OkrugAkim, $"/v1/households/{farm.Household}/confirmation"));
        await Body(await Put(farm.Head, $"/v1/households/{farm.Household}/applicant", new { organisation = Cast(Role.CooperativeManager).Organisation }));
        await Body(await Holdings(farm, Plenty));
        await Body(await Post(Role.CooperativeManager, $"/v1/households/{farm.Household}/applicant-acceptance"));
        return farm;
    }

    /// <summary>Enough of everything for whatever a test declares.</summary>
    private static readonly object[] Plenty = [.. new (string Kind, long Amount)[] {
        ("arable", 500_000), ("greenhouse", 10_000), ("orchard", 100_000), ("pond", 50_000), ("cows", 500), ("cattle", 500), ("mares", 100), ("horses", 100),
        ("camels", 100), ("sheep", 1_000), ("goats", 1_000), ("pigs", 500), ("rabbits", 500), ("hens", 10_000), ("quails", 5_000), ("turkeys", 500),
        ("geese", 500), ("ducks", 500), ("hives", 500) }.Select(one => new { kind = one.Kind, amount = one.Amount })];

    /// <summary>Declares all that a household farms with.</summary>
    public Task<HttpResponseMessage> Holdings(Farm farm, params object[] holdings) =>
        Put(farm.Head, $"/v1/households/{farm.Household}/holdings", new { holdings });

    /// <summary>A household registered by telephone that nobody has confirmed yet.</summary>
    public async Task<Farm> RegisteredFarm(string village = Village)
    {
        var number = Interlocked.Increment(ref farmNumber);
        var phone = string.Create(CultureInfo.InvariantCulture, $"+7705{number:0000000}");
        await Post((string?)null, "/v1/phone-codes", new { phone, language = "kk" });
        var session = await Body(await Post((string?)null, "/v1/sessions", new { phone, code = await CodeSentTo(phone) }));
        var head = new Member(PersonId.From(session["person"]!.GetValue<Guid>()), session["token"]!.GetValue<string>(), null);
        var household = await Body(await Post(head, "/v1/households", new
        {
            name = Invented.Head(number),
            village,
            nationalNumber = Invented.Iin(number),
            consent = new { version = "2026-1", language = "kk" },
        }));
        return new Farm(HouseholdId.From(household["id"]!.GetValue<Guid>()), head);
    }

    /// <summary>The sign-in code last sent to a telephone, read from the sandbox's message channel.</summary>
    public async Task<string> CodeSentTo(string phone)
    {
        var messages = await Body(await Get(Role.PlatformAdministrator, $"/v1/sandbox/messages?phone={Uri.EscapeDataString(phone)}"));
        var text = messages["items"]!.AsArray().First(message => message!["template"]!.GetValue<string>() == "sign-in-code")!["text"]!.GetValue<string>();
        return string.Concat(text.Where(char.IsAsciiDigit))[..6];
    }

    /// <summary>One pass of the worker that ends reservations.</summary>
    public Task<int> EndReservations() => Services.GetRequiredService<ReservationExpiry>().Pass(default);
}
