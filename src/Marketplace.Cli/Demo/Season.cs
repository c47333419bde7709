using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Marketplace.Cli.Demo;

/// <summary>
/// A season of one district: households register and are confirmed, declare lots, have them certified; a chain orders, households promise,
/// goods are weighed, sent and received; the buyer pays and every household is paid out. Every step is a public call by the person whose
/// step it is.
/// </summary>
/// <param name="api">The API.</param>
/// <param name="keys">The people.</param>
/// <param name="households">How many households register.</param>
/// <param name="lotsEach">Lots per household.</param>
/// <param name="tonnes">Size of the order.</param>
internal sealed class Season(ApiClient api, Keyring keys, int households, int lotsEach, int tonnes)
{
    private const int Seed = 20261124;
    private const int AtOnce = 8;

    private static readonly Crop[] Crops =
    [
        new("potato", 140, "KGM", 0.30), new("onion", 120, "KGM", 0.20), new("carrot", 150, "KGM", 0.20), new("cabbage", 110, "KGM", 0.15),
        new("beetroot", 130, "KGM", 0.15), new("apple", 380, "KGM", 0), new("pear", 450, "KGM", 0), new("tomato", 420, "KGM", 0),
        new("cucumber", 390, "KGM", 0), new("zucchini", 220, "KGM", 0), new("watermelon", 100, "KGM", 0), new("milk_cow_raw", 260, "LTR", 0),
    ];

    /// <summary>What a clean sample shows, in mg/kg; every value lies well below the limit of each demo product.</summary>
    private static readonly Dictionary<string, string> CleanValues = new(StringComparer.Ordinal)
    {
        ["lead"] = "0.05", ["arsenic"] = "0.02", ["nitrates"] = "45", ["cadmium"] = "0.01", ["chloramphenicol"] = "0.0001", ["tetracyclines"] = "0.005",
        ["streptomycin"] = "0.1", ["penicillin"] = "0.002",
    };

    /// <summary>A garden, some fruit trees and a few cows, as a household has them: square metres and heads.</summary>
    private static readonly object[] Holdings =
        [new { kind = "arable", amount = 1_500 }, new { kind = "orchard", amount = 600 }, new { kind = "cows", amount = 6 }];

    private readonly Random chance = new(Seed);
    private readonly List<Farm> farms = [];
    private readonly ConcurrentBag<Lot> lots = [];
    private readonly ConcurrentBag<string> certificates = [];
    private readonly ConcurrentDictionary<Guid, Farm> farmOf = new();
    private Guid order;
    private string orderNumber = "";

    /// <summary>Plays everything.</summary>
    /// <param name="stage">Called with a title and a number of steps; returns what to call after each step.</param>
    public async Task Play(Func<string, int, Action> stage, CancellationToken cancel)
    {
        await Register(stage("Households register and are confirmed", households), cancel);
        await Declare(stage("Lots are declared", households * lotsEach), cancel);
        await Certify(stage("Lots are certified", households * lotsEach), cancel);
        await PlaceOrder(stage("The chain orders", 4), cancel);
        await Promise(stage, cancel);
        var tenders = await Collect(stage, cancel);
        await Deliver(tenders, stage, cancel);
        await Pay(stage, cancel);
        await Counted(cancel);
    }

    /// <summary>The chain as Oversight counts it, and three links.</summary>
    public JsonNode Summary(TimeSpan took) => new JsonObject
    {
        ["district"] = districtName,
        ["chain"] = chain,
        ["seconds"] = took.TotalSeconds,
        ["links"] = new JsonObject
        {
            ["API docs"] = new Uri(api.Address, "/docs").ToString(),
            ["A certificate"] = new Uri(api.Address, $"/kk/c/{certificates.Order(StringComparer.Ordinal).FirstOrDefault()}").ToString(),
            ["The order"] = new Uri(api.Address, $"/v1/orders/{order}").ToString() + $" ({orderNumber}, with the retail_buyer key)",
        },
    };

    private JsonArray chain = [];
    private string districtName = "";

    private async Task Register(Action step, CancellationToken cancel)
    {
        var villages = await api.All(null, $"/v1/territories?under={keys.District}&level=village&limit=200", cancel);
        var consent = (await api.Get(null, "/v1/consent-texts", cancel))["items"]!.AsArray().Last()!;
        for (var i = 0; i < households; i++)
        {
            var village = villages[(int)(villages.Count * chance.NextDouble() * chance.NextDouble())]["code"]!.GetValue<string>();
            farms.Add(new Farm(i, string.Create(CultureInfo.InvariantCulture, $"+7702{i + 1:0000000}"), village));
        }

        await Each(farms, async farm =>
        {
            await api.Post(null, "/v1/phone-codes", new { phone = farm.Phone, language = "kk" }, cancel);
            var messages = await api.Get(keys["platform_administrator"], $"/v1/sandbox/messages?phone={Uri.EscapeDataString(farm.Phone)}", cancel);
            var text = messages["items"]!.AsArray().First(message => message!["template"]!.GetValue<string>() == "sign-in-code")!["text"]!.GetValue<string>();
            var code = string.Concat(text.Where(char.IsAsciiDigit)).Substring(0, 6);
            farm.Token = (await api.Post(null, "/v1/sessions", new { phone = farm.Phone, code }, cancel))["token"]!.GetValue<string>();
            var made = await api.Post(farm.Token, "/v1/households", new
            {
                name = Invented.Head(farm.Number),
                village = farm.Village,
                nationalNumber = Invented.Iin(farm.Number),
                consent = new { version = consent["version"]!.GetValue<string>(), language = "kk" },
            }, cancel);
            farm.Household = made["id"]!.GetValue<Guid>();
            farmOf[farm.Household] = farm;
            await api.Post(keys["okrug_akim"], $"/v1/households/{farm.Household}/confirmation", null, cancel);
            await api.Put(farm.Token, $"/v1/households/{farm.Household}/applicant", new { organisation = keys.Organisations["birlik"] }, null, cancel);
            await api.Put(farm.Token, $"/v1/households/{farm.Household}/holdings", new { holdings = Holdings }, null, cancel);
            await api.Post(keys["cooperative_manager"], $"/v1/households/{farm.Household}/applicant-acceptance", null, cancel);
            if (farm.Number % 3 != 0)
            {
                await api.Put(farm.Token, $"/v1/households/{farm.Household}/payout-account",
                    new { holder = Invented.Head(farm.Number), iban = Invented.Iban(farm.Number) }, null, cancel);
            }

            step();
        });
    }

    private async Task Declare(Action step, CancellationToken cancel)
    {
        var today = Today();
        var plans = farms.SelectMany(farm => Enumerable.Range(0, lotsEach).Select(at =>
        {
            var crop = Crops[(farm.Number * lotsEach + at) % Crops.Length];
            return (Farm: farm, Crop: crop, Whole: chance.Next(40, 201), Price: crop.Price * chance.Next(90, 111) / 100m);
        })).ToList();
        await Each(plans, async plan =>
        {
            var lot = await api.Post(plan.Farm.Token, "/v1/lots", new
            {
                product = plan.Crop.Product,
                quantity = new { value = plan.Whole.ToString(CultureInfo.InvariantCulture), unit = plan.Crop.Unit },
                readyOn = today,
                price = new { value = plan.Price.ToString("0.00", CultureInfo.InvariantCulture), currency = "KZT", per = plan.Crop.Unit },
            }, cancel);
            lots.Add(new Lot(lot["id"]!.GetValue<Guid>(), plan.Farm, plan.Crop));
            step();
        });
    }

    private async Task Certify(Action step, CancellationToken cancel)
    {
        var number = 0;
        await Each([.. lots.OrderBy(lot => lot.Id)], async lot =>
        {
            var mine = Interlocked.Increment(ref number);
            var id = (await api.Post(lot.Farm.Token, "/v1/applications", new { lot = lot.Id }, cancel))["id"]!.GetValue<Guid>();
            var path = $"/v1/applications/{id}";
            await api.Post(lot.Farm.Token, $"{path}/submission", null, cancel);
            var filed = await api.Get(lot.Farm.Token, path, cancel);
            await HandIn(lot, path, filed, cancel);
            await api.Post(keys.Of(filed["people"]!["intake"]), $"{path}/completeness", new { complete = true }, cancel);
            var people = (await api.Get(lot.Farm.Token, path, cancel))["people"]!;
            await api.Post(keys.Of(people["sampler"]), $"{path}/samples", new
            {
                takenAt = Now().AddSeconds(-1),
                quantity = new { value = "1", unit = lot.Crop.Unit },
                sealNumber = $"D-{id.ToString("N")[8..]}",
                retained = new { quantity = new { value = "0.2", unit = lot.Crop.Unit }, sealNumber = $"R-{id.ToString("N")[8..]}" },
            }, cancel);

            // One lot in fifty is over-fertilised: it is refused, as it would be in life.
            var values = filed["requiredTests"]!.AsArray().Select(test => test!.GetValue<string>()).Select(indicator => new
            {
                indicator,
                value = decimal.Parse(mine % 50 == 0 && indicator == "nitrates" ? "3000" : CleanValues[indicator], CultureInfo.InvariantCulture),
                unit = "mg/kg",
                method = "Demo method",
            }).ToList();
            await api.Post(keys.Of(people["analyst"]), $"{path}/results", new { values }, cancel);
            var compared = await api.Post(keys.Of(people["supervisor"]), $"{path}/results/approval", null, cancel);
            var passes = compared["verdict"]!.GetValue<string>() == "pass";
            var finding = new { recommendGrant = passes, reason = passes ? "All limits are met." : "Nitrates above the limit." };
            await api.Post(keys.Of(people["reviewer"]), $"{path}/review", finding, cancel);
            var decided = await api.Post(keys.Of(people["decisionMaker"]), $"{path}/decision",
                new { granted = passes, reason = passes ? "All limits are met." : "Nitrates above the limit." }, cancel);
            if (decided["certificate"]?.GetValue<string>() is { } serial)
            {
                certificates.Add(serial);
            }

            step();
        });
    }

    /// <summary>Whatever the scheme requires and nobody has on file yet.</summary>
    private async Task HandIn(Lot lot, string path, JsonNode filed, CancellationToken cancel)
    {
        foreach (var requirement in filed["submissions"]!.AsArray().Where(one => one!["state"]!.GetValue<string>() == "missing")
            .Select(one => one!["requirement"]!.GetValue<string>()))
        {
            var (veterinaryForm, externalStatus) = requirement == "veterinary-document" ? ("form2", "unknown") : (null, null);
            await api.Post(lot.Farm.Token, $"{path}/documents", new
            {
                @new = new { requirement, number = $"D-{lot.Id.ToString("N")[20..]}", issuer = "Demo office", issuedOn = Today(), veterinaryForm, externalStatus },
            }, cancel);
        }
    }

    private async Task PlaceOrder(Action step, CancellationToken cancel)
    {
        var today = DateOnly.Parse(Today(), CultureInfo.InvariantCulture);
        var found = await api.Get(keys["retail_buyer"], $"/v1/offers?text=kartop&territory={keys.District}&limit=5", cancel);
        if (found["items"]!.AsArray().Count == 0)
        {
            await Until(
                async () => (await api.Get(keys["retail_buyer"], "/v1/offers?product=potato&limit=1", cancel))["items"]!.AsArray().Count > 0, "the catalogue", cancel);
        }

        step();
        var draft = await api.Post(keys["retail_buyer"], "/v1/orders", new
        {
            currency = "KZT",
            paymentTermDays = 10,
            confirmBy = Now().AddHours(12),
            minimumFillPercent = 50,
            applicant = keys.Organisations["birlik"],
            lines = Crops.Where(crop => crop.ShareOfOrder > 0).Select(crop => new
            {
                product = crop.Product,
                quantity = new { value = (tonnes * 1000 * crop.ShareOfOrder).ToString("0", CultureInfo.InvariantCulture), unit = "KGM" },
                tolerancePercent = 5,
                maxPrice = new { value = (crop.Price * 1.2m).ToString("0.00", CultureInfo.InvariantCulture), currency = "KZT", per = "KGM" },
                deliveryPlace = "Distribution centre, Shymkent road 1",
                deliveryTerritory = keys.District,
                windowFrom = today.AddDays(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                windowTo = today.AddDays(4).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                minRemainingShelfLifeDays = 5,
            }),
        }, cancel);
        order = draft["id"]!.GetValue<Guid>();
        orderNumber = draft["number"]!.GetValue<string>();
        var submitted = await api.Post(keys["retail_buyer"], $"/v1/orders/{order}/submission", null, cancel);
        step();
        if ((submitted["stage"] ?? (await api.Get(keys["retail_buyer"], $"/v1/orders/{order}", cancel))["stage"])!.GetValue<string>() == "approval")
        {
            await api.Post(keys["retail_approver"], $"/v1/orders/{order}/approval", new { approved = true, reason = "Within the season's budget." }, cancel);
        }

        step();
        await api.Post(keys["retail_buyer"], $"/v1/orders/{order}/placement", null, cancel);
        await Until(async () => await Stage(cancel) is not ("placed" or "allocating"), "the allocation", cancel);
        step();
    }

    private async Task Promise(Func<string, int, Action> stage, CancellationToken cancel)
    {
        var answered = new HashSet<Guid>();
        var round = 0;
        await Until(async () =>
        {
            var open = (await Promises(cancel))
                .Where(promise => promise["state"]!.GetValue<string>() == "offered" && answered.Add(promise["id"]!.GetValue<Guid>())).ToList();
            if (open.Count == 0)
            {
                return await Stage(cancel) == "firm";
            }

            var step = stage(round++ == 0 ? "Households answer" : $"Households answer, refill {round - 1}", open.Count);
            await Each(open, async promise =>
            {
                var id = promise["id"]!.GetValue<Guid>();
                var offered = promise["offered"]!["amount"]!.GetValue<long>();
                var dice = Math.Abs(id.GetHashCode()) % 100;
                var amount = dice < 92 ? offered : dice < 97 ? offered / 2 : 0;
                await api.Post(farmOf[promise["household"]!.GetValue<Guid>()].Token, $"/v1/promises/{id}/answer",
                    new { amount, reason = amount == 0 ? "Sold at the bazaar." : null }, cancel);
                step();
            });
            return false;
        }, "the order to be firm", cancel);
    }

    private async Task<List<Guid>> Collect(Func<string, int, Action> stage, CancellationToken cancel)
    {
        var yard = new { name = "Birlik yard", territory = keys.District };
        var point = (await api.Post(keys["cooperative_manager"], "/v1/collection-points", yard, cancel))["id"]!.GetValue<Guid>();
        var promised = (await Promises(cancel)).Where(promise => promise["state"]!.GetValue<string>() == "confirmed").ToList();
        var step = stage("Goods are weighed in", promised.Count);
        var tenders = new ConcurrentBag<Guid>();
        await Each(promised, async promise =>
        {
            var id = promise["id"]!.GetValue<Guid>();
            var amount = promise["confirmed"]!["amount"]!.GetValue<long>();
            var dice = Math.Abs(id.GetHashCode()) % 10;
            var net = dice == 0 ? amount - amount / 50 : dice == 1 ? amount + amount / 100 : amount;
            var tender = await api.Post(keys["collection_operator"], "/v1/tenders", new
            {
                promise = id,
                collectionPoint = point,
                gross = new { amount = net + 1_500, unit = "GRM" },
                tare = new { amount = 1_500, unit = "GRM" },
            }, cancel);
            tenders.Add(tender["id"]!.GetValue<Guid>());
            step();
        });
        return [.. tenders.Order()];
    }

    private async Task Deliver(List<Guid> tenders, Func<string, int, Action> stage, CancellationToken cancel)
    {
        var loads = tenders.Chunk(100).ToList();
        var step = stage("Consignments are sent and received", loads.Count);
        var number = 0;
        foreach (var load in loads)
        {
            var consignment = await api.Post(keys["cooperative_manager"], "/v1/consignments", new { order, tenders = load }, cancel);
            var id = consignment["id"]!.GetValue<Guid>();
            await api.Post(keys["cooperative_manager"], $"/v1/consignments/{id}/dispatch", null, cancel);
            var parts = consignment["lines"]!.AsArray().Select(line =>
            {
                var amount = line!["quantity"]!["amount"]!.GetValue<long>();
                var rejected = ++number % 60 == 0 ? amount / 4 : 0;
                var unit = line["quantity"]!["unit"]!.GetValue<string>();
                return new
                {
                    tender = line["tender"]!.GetValue<Guid>(),
                    accepted = new { amount = amount - rejected, unit },
                    rejected = new { amount = rejected, unit },
                    reason = rejected > 0 ? "QUA" : null,
                    detail = rejected > 0 ? "Bruised in transport." : null,
                };
            }).ToList();
            await api.Post(keys["retail_receiver"], "/v1/receipts", new { consignment = id, parts }, cancel);
            step();
        }

        await Until(async () => (await Invoices(cancel)).Count == loads.Count, "the invoices", cancel);
    }

    private async Task Pay(Func<string, int, Action> stage, CancellationToken cancel)
    {
        var today = Today();
        var step = stage("The buyer pays, households are paid out", 4);
        foreach (var invoice in await Invoices(cancel))
        {
            await api.Post(keys["payout_officer"], "/v1/payments", new
            {
                invoice = invoice["id"]!.GetValue<Guid>(),
                amount = new { minor = invoice["open"]!["minor"]!.GetValue<long>(), currency = "KZT" },
                payerReference = invoice["number"]!.GetValue<string>(),
                bankReference = $"ST-{invoice["number"]}",
                receivedOn = today,
            }, cancel);
        }

        step();
        var batch = await api.Post(keys["payout_officer"], "/v1/payout-batches", new { }, cancel);
        var id = batch["id"]!.GetValue<Guid>();
        await api.Post(keys["payout_approver"], $"/v1/payout-batches/{id}/approval", null, cancel);
        step();
        await api.Get(keys["payout_officer"], $"/v1/payout-batches/{id}/pain.001", cancel);
        await api.Post(keys["payout_officer"], $"/v1/payout-batches/{id}/execution", new { bankReference = $"EX-{id:N}", executedOn = today }, cancel);
        step();
        await Each([.. batch["leftForCash"]!.AsArray().Select(left => left!)], async left =>
        {
            var payout = left["payout"]!.GetValue<Guid>();
            await api.Post(keys["collection_operator"], $"/v1/payouts/{payout}/cash-receipt", new { receiptCode = $"C-{payout.ToString("N")[20..]}" }, cancel);
            await api.Post(keys["payout_approver"], $"/v1/payouts/{payout}/cash-countersignature", null, cancel);
        });
        step();
        await Until(async () => await Stage(cancel) is "paid_out" or "closed", "the last payout", cancel);
    }

    /// <summary>Waits until the funnel has counted every payment, then keeps it.</summary>
    private async Task Counted(CancellationToken cancel)
    {
        JsonNode funnel = new JsonObject();
        var before = "";
        await Until(async () =>
        {
            funnel = await api.Get(keys["project_officer"], $"/v1/territories/{keys.District}/funnel", cancel);
            var now = funnel.ToJsonString();
            var settled = now == before;
            before = now;
            await Task.Delay(400, cancel);
            return settled;
        }, "the funnel", cancel);
        districtName = funnel["nameRu"]?.GetValue<string>() ?? keys.District;
        chain = new JsonArray([.. funnel["steps"]!.AsArray().Select(step => (JsonNode)new JsonObject
        {
            ["step"] = step!["step"]!.GetValue<string>(),
            ["households"] = step["households"]?.GetValue<long>(),
            ["lots"] = step["lots"]?.GetValue<long>(),
            ["quantity"] = string.Join(", ", (step["quantities"] as JsonArray ?? []).Select(quantity => Weight(quantity!))),
            ["tenge"] = string.Join(", ", (step["values"] as JsonArray ?? []).Select(value => Tenge(value!))),
        })]);
    }

    private static string Weight(JsonNode quantity)
    {
        var amount = quantity["amount"]!.GetValue<long>();
        return quantity["unit"]!.GetValue<string>() switch
        {
            "GRM" => string.Create(CultureInfo.InvariantCulture, $"{amount / 1_000_000m:0.0} t"),
            "MLT" => string.Create(CultureInfo.InvariantCulture, $"{amount / 1_000m:0} l"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{amount} pieces"),
        };
    }

    private static string Tenge(JsonNode value) =>
        (value["minor"]!.GetValue<long>() / 100m).ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');

    private Task<List<JsonNode>> Promises(CancellationToken cancel) =>
        api.All(keys["cooperative_manager"], $"/v1/promises?order={order}&limit=200", cancel);

    private Task<List<JsonNode>> Invoices(CancellationToken cancel) =>
        api.All(keys["payout_officer"], $"/v1/invoices?order={order}&limit=200", cancel);

    private async Task<string> Stage(CancellationToken cancel) =>
        (await api.Get(keys["retail_buyer"], $"/v1/orders/{order}", cancel))["stage"]!.GetValue<string>();

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();

    private static string Today() => Now().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static async Task Until(Func<Task<bool>> done, string what, CancellationToken cancel)
    {
        // Rounds of allocation take seconds each where the machine has other work.
        for (var i = 0; i < 3_000; i++)
        {
            if (await done())
            {
                return;
            }

            await Task.Delay(100, cancel);
        }

        throw new TimeoutException($"Waited five minutes for {what}.");
    }

    private static Task Each<T>(IReadOnlyCollection<T> items, Func<T, Task> act) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (item, _) => await act(item));

    private sealed record Crop(string Product, int Price, string Unit, double ShareOfOrder);

    private sealed record Lot(Guid Id, Farm Farm, Crop Crop);

    private sealed class Farm(int number, string phone, string village)
    {
        public int Number => number;

        public string Phone => phone;

        public string Village => village;

        public string Token { get; set; } = "";

        public Guid Household { get; set; }
    }
}
