using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Certification;
using Marketplace.Contracts;
using Marketplace.Tests;
using Microsoft.Playwright;
using SimpleBase;

namespace Marketplace.ApiTests.Web;

/// <summary>The verifier as a phone has it: a real browser, a real instance, and a network that goes away.</summary>
public sealed class VerifyPageTests(VerifyPageTests.Phone phone) : IClassFixture<VerifyPageTests.Phone>
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

    private static readonly string[] Accepting = ["genuine", "expired", "suspended", "withdrawn", "not_yet_valid", "status_unknown", "revoked_key"];

    [Theory]
    [InlineData("kk", "Шынайы, жарамды", "Жалған: сатып алмаңыз")]
    [InlineData("ru", "Подлинный, действует", "Подделка: не покупайте")]
    [InlineData("ky", "Чыныгы, жарактуу", "Жасалма: сатып албаңыз")]
    [InlineData("en", "Genuine and valid", "Forged: do not buy")]
    public async Task Once_opened_the_page_verifies_without_a_network(string language, string genuine, string forged)
    {
        await using var context = await phone.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 320, Height = 640 } });
        var page = await phone.Open(context, language);
        await context.SetOfflineAsync(true);
        await page.ReloadAsync();

        Assert.Contains(genuine, await Verdict(page, phone.Live), StringComparison.Ordinal);
        var facts = await page.InnerTextAsync("#facts");
        Assert.Contains(phone.Serial, facts, StringComparison.Ordinal);
        Assert.Contains(await phone.Market.Scalar<string>(
            $"select {(language is "kk" or "ky" ? "name_kk" : "name_ru")} from registry.territory where code = '{Market.Village}'"), facts, StringComparison.Ordinal);
        Assert.Contains("Sapa", facts, StringComparison.Ordinal);
        Assert.Contains("100", facts, StringComparison.Ordinal);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= 320"), "it scrolls sideways");
        Assert.Contains(forged, await Verdict(page, phone.Live[..^1] + (phone.Live[^1] == '0' ? '1' : '0')), StringComparison.Ordinal);
        Assert.False(await page.IsVisibleAsync("#facts"), "a forgery must show no facts");
        Assert.Equal("suspended", await Standing(page, phone.Suspended));
        Assert.Equal("withdrawn", await Standing(page, phone.Withdrawn));
        Assert.Equal("not_a_label", await Standing(page, "hello"));
        Assert.Matches(@"\d\d\.\d\d\.\d{4} \d\d:\d\d", await page.InnerTextAsync("#age"));
        Assert.Empty(phone.Complaints);
    }

    [Fact]
    public async Task Ten_thousand_altered_labels_are_refused_by_both_verifiers()
    {
        await using var context = await phone.Browser.NewContextAsync();
        var page = await phone.Open(context, "en");
        var (keys, lists) = (await phone.Text("/v1/issuer-keys"), await phone.Text("/v1/status-lists"));
        string[] texts = [phone.Live, phone.Suspended, phone.Withdrawn, .. Spellings(phone.Live), .. Altered(phone.Live, 10_000)];
        var (ours, theirs) = await Both(page, texts, keys, lists, phone.Market.Clock.GetUtcNow());
        Assert.Equal(["genuine", "suspended", "withdrawn"], theirs[..3]);
        Assert.Equal(ours, theirs);
        Assert.DoesNotContain(theirs[3..], Accepting.Contains);
    }

    [Fact]
    public async Task Both_verifiers_agree_whatever_the_lists_and_the_clock_say()
    {
        await using var context = await phone.Browser.NewContextAsync();
        var page = await phone.Open(context, "en");
        var (keys, lists) = (await phone.Text("/v1/issuer-keys"), await phone.Text("/v1/status-lists"));
        string Keys(string name, DateTimeOffset instant)
        {
            var known = JsonNode.Parse(keys)!;
            known[0]![name] = instant;
            return known.ToJsonString();
        }

        var items = JsonNode.Parse(lists)!["items"]!.AsArray();
        string Only(int item) => new JsonObject { ["items"] = new JsonArray(items[item]!.DeepClone()) }.ToJsonString();
        var touched = lists.Replace("\"validUntil\":\"20", "\"validUntil\":\"21", StringComparison.Ordinal);
        var now = phone.Market.Clock.GetUtcNow();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var known in (string[])[keys, "[]", Keys("revokedAt", now), Keys("validUntil", now.AddDays(-1)), Keys("validFrom", now.AddDays(1))])
        {
            foreach (var saved in (string[])[lists, Only(0), Only(1), touched, """{"items":[]}"""])
            {
                foreach (var at in (DateTimeOffset[])[now, now.AddDays(6), now.AddDays(8), now.AddDays(500), now.AddDays(-2)])
                {
                    var (ours, theirs) = await Both(page, [phone.Live, phone.Suspended, phone.Withdrawn], known, saved, at);
                    Assert.Equal(ours, theirs);
                    seen.UnionWith(theirs);
                }
            }
        }

        Assert.Equal(["expired", "forged", "genuine", "not_yet_valid", "revoked_key", "status_unknown", "suspended", "unknown_key", "withdrawn"],
            seen.Order(StringComparer.Ordinal));
    }

    /// <summary>A key is revoked and, at that moment, the status lists cannot be had: what could be fetched is kept, and the revocation is known.</summary>
    [Theory]
    [InlineData("**/v1/status-lists")]
    [InlineData("**/verify/names.json")]
    public async Task A_revocation_is_learnt_though_another_request_fails(string failing)
    {
        await using var context = await phone.Browser.NewContextAsync();
        var page = await phone.Open(context, "en");
        Assert.Equal("genuine", await Standing(page, phone.Live));
        var keys = JsonNode.Parse(await phone.Text("/v1/issuer-keys"))!;
        keys[0]!["revokedAt"] = phone.Market.Clock.GetUtcNow();
        await page.RouteAsync("**/v1/issuer-keys", route => route.FulfillAsync(new() { Body = keys.ToJsonString(), ContentType = "application/json" }));
        await page.RouteAsync(failing, route => route.FulfillAsync(new() { Status = 409, Body = "{}", ContentType = "application/problem+json" }));
        await page.EvaluateAsync("() => dispatchEvent(new Event('online'))");
        await Until(page, "() => localStorage.getItem('verify-lists').includes('revokedAt')");

        Assert.Equal("revoked_key", await Standing(page, phone.Live));
        await context.SetOfflineAsync(true);
        await page.ReloadAsync();
        Assert.Equal("revoked_key", await Standing(page, phone.Live));
        phone.Complaints.RemoveAll(said => said.Contains("409", StringComparison.Ordinal));
    }

    /// <summary>Numbers in signed JSON are written the same by both, or a status list that holds one would verify here and not there.</summary>
    [Fact]
    public async Task Both_verifiers_write_numbers_and_texts_in_one_form()
    {
        await using var context = await phone.Browser.NewContextAsync();
        var page = await phone.Open(context, "en");
        var random = new Random(20261125);
        var numbers = Enumerable.Range(0, 3_000).Select(_ => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)))
            .Concat(Enumerable.Range(-30, 60).Select(power => double.Parse($"1e{power}", System.Globalization.CultureInfo.InvariantCulture)))
            .Concat(Enumerable.Range(0, 500).Select(_ => Math.Round(random.NextDouble() * 1000, random.Next(6)))).Where(double.IsFinite).ToArray();
        var json = new JsonObject
        {
            ["numbers"] = new JsonArray([.. numbers.Select(number => (JsonNode)number)]), ["ә"] = "\u0007\"\\\n", ["\ud83d\ude00"] = 1, ["\ufb33"] = new JsonObject(),
        };
        Assert.Equal(Jcs.Of(json), await page.EvaluateAsync<string>("text => Labels.canonical(JSON.parse(text))", json.ToJsonString()));
    }

    [ReferenceFact]
    public async Task The_page_reads_base45_as_the_published_vectors_say()
    {
        await using var context = await phone.Browser.NewContextAsync();
        var page = await phone.Open(context, "en");
        var (read, refused) = (0, 0);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Reference.Folder!, "compact-qr-hc1"), "*.json"))
        {
            var vector = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
            if (vector["BASE45"] is not { } text || vector["EXPECTEDRESULTS"]?["EXPECTEDB45DECODE"] is not { } expected)
            {
                continue;
            }

            var hex = await page.EvaluateAsync<string?>("""
                text => {
                    try { return Array.from(Labels.base45(text), byte => byte.toString(16).padStart(2, "0")).join(""); } catch { return null; }
                }
                """, text.GetValue<string>());
            Assert.Equal(expected.GetValue<bool>() ? vector["COMPRESSED"]!.GetValue<string>().ToLowerInvariant() : null, hex);
            (read, refused) = hex is null ? (read, refused + 1) : (read + 1, refused);
        }

        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    [Fact]
    public async Task The_page_and_all_it_keeps_fit_forty_kilobytes_and_fetch_nothing_elsewhere()
    {
        foreach (var language in (string[])["kk", "ru", "ky", "en"])
        {
            var page = await phone.Market.Get((string?)null, $"/{language}/verify");
            Assert.Equal("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
                page.Headers.GetValues("Content-Security-Policy").Single());
            var bytes = (await page.Content.ReadAsByteArrayAsync()).Length;
            foreach (var part in (string[])["/verify.js", "/verify-worker.js", "/site.css"])
            {
                bytes += (await (await phone.Market.Get((string?)null, part)).Content.ReadAsByteArrayAsync()).Length;
            }

            Assert.InRange(bytes, 10_000, 40_000);
        }

        var elsewhere = await phone.Market.Get((string?)null, "/verify");
        Assert.Equal((HttpStatusCode.Found, "/en/verify"), (elsewhere.StatusCode, elsewhere.Headers.Location!.ToString()));
        Assert.Contains("'none'", (await phone.Market.Get((string?)null, $"/en/c/{phone.Serial}")).Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    private static async Task<(string[] Ours, string[] Theirs)> Both(IPage page, string[] texts, string keys, string lists, DateTimeOffset now)
    {
        var known = JsonSerializer.Deserialize<List<IssuerKey>>(keys, Market.Wire)!;
        var read = StatusList.Read(lists, known);
        var ours = texts.Select(text => JsonNamingPolicy.SnakeCaseLower.ConvertName(OfflineCheck.OfLabel(text, known, read, now).Standing.ToString())).ToArray();
        var theirs = await page.EvaluateAsync<string[]>("""
            async ([texts, keys, lists, now]) => {
                const known = JSON.parse(keys), read = await Labels.lists(lists, known), standings = [];
                for (const text of texts) standings.push((await Labels.check(text, known, read, now)).standing);
                return standings;
            }
            """, new object[] { texts, keys, lists, now.ToUnixTimeMilliseconds() });
        return (ours, theirs);
    }

    private static async Task<string> Verdict(IPage page, string text)
    {
        await page.FillAsync("#text", text);
        await page.ClickAsync("#check button:not([type])");
        await Until(page, $"() => document.querySelector('#verdict').dataset.of === {JsonSerializer.Serialize(text)}");
        return await page.InnerTextAsync("#verdict");
    }

    /// <summary>The browser's own waiting compiles a text, which the page's policy rightly forbids.</summary>
    private static async Task Until(IPage page, string condition) => Assert.True(await page.EvaluateAsync<bool>($$"""
        async () => {
            const holds = {{condition}};
            for (let tries = 0; tries < 1500 && !holds(); tries++) await new Promise(go => setTimeout(go, 20));
            return holds();
        }
        """), condition);

    private static async Task<string?> Standing(IPage page, string text)
    {
        await Verdict(page, text);
        return await page.GetAttributeAsync("#verdict [data-standing]", "data-standing");
    }

    /// <summary>What the signature does not cover, written otherwise: every other spelling of a genuine label is a forgery.</summary>
    private static IEnumerable<string> Spellings(string text)
    {
        var bytes = Base45.Default.Decode(text.AsSpan(Label.Prefix.Length));
        var body = bytes.AsSpan(2 + 14).ToArray(); // after the tag, the list and the protected header: an empty map, the payload, the signature
        var header = bytes.AsSpan(2, 14).ToArray();
        var order = new System.Numerics.BigInteger(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);
        var twin = (order - new System.Numerics.BigInteger(bytes.AsSpan(bytes.Length - 32), isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[][] written =
        [
            [.. bytes, 0],
            bytes[1..],
            [0xd8, 18, .. bytes[1..]],
            [0xd2, 0x98, 4, .. bytes[2..]],
            [0xd2, 0x9f, .. bytes[2..], 0xff],
            [0xd2, 0x84, 0x58, 13, .. bytes[3..]],
            [0xd2, 0x84, .. header, 0xb8, 0, .. body[1..]],
            [0xd2, 0x84, .. header, 0xa1, 4, .. header[5..], .. body[1..]],
            [.. bytes[..^66], 0x59, 0, 64, .. bytes[^64..]],
            [.. bytes[..^32], .. new byte[32 - twin.Length], .. twin],
        ];
        return written.Select(one => Label.Prefix + Base45.Default.Encode(one)).Append(text.ToLowerInvariant()).Append(text + "0").Append(text + " 0");
    }

    /// <summary>One sign changed, lost or added, or one byte of what the signs mean changed.</summary>
    private static IEnumerable<string> Altered(string text, int count)
    {
        var random = new Random(20261124);
        var bytes = Base45.Default.Decode(text.AsSpan(Label.Prefix.Length));
        for (var i = 0; i < count; i++)
        {
            var at = random.Next(text.Length);
            var changed = bytes.ToArray();
            changed[random.Next(changed.Length)] ^= (byte)(1 + random.Next(255));
            yield return (i % 4) switch
            {
                0 => text[..at] + Alphabet[(Alphabet.IndexOf(text[at], StringComparison.Ordinal) + 1 + random.Next(Alphabet.Length - 1)) % Alphabet.Length] + text[(at + 1)..],
                1 => text[..at] + text[(at + 1)..],
                2 => text.Insert(at, Alphabet[random.Next(Alphabet.Length)].ToString()) + "0",
                _ => Label.Prefix + Base45.Default.Encode(changed),
            };
        }
    }

    /// <summary>A browser, and an instance it reaches over a socket, on a database with three certificates.</summary>
    public sealed class Phone : IAsyncLifetime
    {
        private readonly string data = Directory.CreateTempSubdirectory("marketplace-verify").FullName;
        private RunningApi? api;
        private IPlaywright? playwright;

        public Market Market { get; } = new();

        public IBrowser Browser { get; private set; } = null!;

        public string Serial { get; private set; } = "";

        public string Live { get; private set; } = "";

        public string Suspended { get; private set; } = "";

        public string Withdrawn { get; private set; } = "";

        /// <summary>What the browser complained about: failed scripts, refused policies.</summary>
        public List<string> Complaints { get; } = [];

        public async Task InitializeAsync()
        {
            await Market.InitializeAsync();
            Live = await LabelOf(Serial = (await Market.CertifiedLot(await Market.ActiveFarm())).Serial);
            Suspended = await Changed("suspension");
            Withdrawn = await Changed("withdrawal");
            api = await RunningApi.Start(Market.Instance(data));
            playwright = await Playwright.CreateAsync();
            Browser = await playwright.Chromium.LaunchAsync(new()
            {
                ExecutablePath = Chromium(),
                Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            });
        }

        public async Task DisposeAsync()
        {
            await Browser.DisposeAsync();
            playwright?.Dispose();
            await api!.DisposeAsync();
            await Market.DisposeAsync();
            Directory.Delete(data, recursive: true);
        }

        /// <summary>The page as it stands once it has kept itself and the lists.</summary>
        public async Task<IPage> Open(IBrowserContext context, string language)
        {
            var page = await context.NewPageAsync();
            page.PageError += (_, error) => Complaints.Add(error);
            page.Console += (_, said) =>
            {
                if (said.Type == "error" && !said.Text.Contains("ERR_INTERNET_DISCONNECTED", StringComparison.Ordinal))
                {
                    Complaints.Add(said.Text);
                }
            };
            await page.GotoAsync(new Uri(api!.Address, $"/{language}/verify").ToString());
            await Until(page, "() => localStorage.getItem('verify-lists') !== null && navigator.serviceWorker.controller !== null");
            return page;
        }

        public async Task<string> Text(string path) => await (await Market.Get((string?)null, path)).Content.ReadAsStringAsync();

        private async Task<string> Changed(string what)
        {
            var serial = (await Market.CertifiedLot(await Market.ActiveFarm())).Serial;
            await Market.Body(await Market.Post(Role.QualityManager, $"/v1/certificates/{serial}/{what}", new { reason = "A tip was followed up." }));
            return await LabelOf(serial);
        }

        private async Task<string> LabelOf(string serial) =>
            (await Market.Body(await Market.Get((string?)null, $"/v1/certificates/{serial}")))["label"]!.GetValue<string>();

        private static string Chromium() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists) ?? throw new InvalidOperationException("No Chromium on the path: infra/test installs it.");
    }
}
