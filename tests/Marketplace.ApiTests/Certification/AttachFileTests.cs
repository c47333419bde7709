using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Marketplace.Contracts;
using Marketplace.Kernel.Files;
using Marketplace.Tests;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class AttachFileTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_photo_is_kept_without_its_place_and_seen_by_those_of_the_case_only()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.AcceptedCase(farm);
        var path = $"/v1/applications/{application}/files";

        var sent = await market.SendFile(market.Cast(Role.Sampler), application, SampleFiles.PictureWithPlace(), "image/jpeg");
        var kept = await Market.Body(sent);
        var hash = kept["hash"]!.GetValue<string>();
        Assert.Equal($"{path}/{hash}", sent.Headers.Location!.ToString());

        foreach (var reader in (Market.Member[])[farm.Head, market.Cast(Role.CooperativeManager), market.Cast(Role.IntakeOfficer), market.Cast(Role.Sampler),
            market.Cast(Role.LaboratoryAnalyst), market.Cast(Role.Reviewer), market.Cast(Role.DecisionMaker), market.Cast(Role.QualityManager), market.Cast(Role.Auditor)])
        {
            var answer = await market.Get(reader, $"{path}/{hash}");
            var bytes = await answer.Content.ReadAsByteArrayAsync();
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal((hash, "image/jpeg"), (ReceivedFile.HashOf(bytes), answer.Content.Headers.ContentType!.MediaType));
            Assert.Equal($"attachment; filename={hash[..12]}.jpg; filename*=UTF-8''{hash[..12]}.jpg", answer.Content.Headers.ContentDisposition!.ToString());
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.DoesNotContain("GPS", Encoding.Latin1.GetString(bytes), StringComparison.Ordinal);
        }

        var colleague = await market.NewMember(Role.Sampler, market.Cast(Role.Sampler).Organisation);
        var neighbour = (await market.ActiveFarm()).Head;
        foreach (var stranger in (Market.Member[])[neighbour, colleague, market.Cast(Role.PlatformAdministrator), market.Cast(Role.OkrugAkim),
            market.Cast(Role.RetailBuyer), market.Cast(Role.PayoutOfficer)])
        {
            await Market.Problem(await market.Get(stranger, $"{path}/{hash}"), HttpStatusCode.NotFound, "not-found");
            await Market.Problem(await market.Get(stranger, path), HttpStatusCode.NotFound, "not-found");
            await Market.Problem(await market.SendFile(stranger, application, SampleFiles.Picture()), HttpStatusCode.NotFound, "not-found");

            // Nobody has us look into a file who may not attach it.
            await Market.Problem(await market.SendFile(stranger, application, SampleFiles.Zip()), HttpStatusCode.NotFound, "not-found");
        }

        await Market.Problem(await market.SendFile(market.Cast(Role.Auditor), application, SampleFiles.Picture()), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await Market.SendFile(market.As((string?)null), application, SampleFiles.Picture()), HttpStatusCode.Unauthorized, "signed-out");

        // Whoever knows a hash does not get the file through a case of their own.
        var (own, _) = await market.DraftedCase(farm);
        await Market.Problem(await market.Get(farm.Head, $"/v1/applications/{own}/files/{hash}"), HttpStatusCode.NotFound, "not-found");
        Assert.Equal(1L, await market.Scalar<long>($"""
            select count(*) from kernel.event where stream = '{application}' and type = 'EvidenceFiled' and payload like '%{hash}%'
            """));
    }

    [Fact]
    public async Task A_bad_file_is_refused_with_its_code_and_leaves_nothing()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.DraftedCase(farm);
        var before = await Traces();
        foreach (var (file, said, status, code) in (IEnumerable<(byte[], string?, HttpStatusCode, string)>)[
            ([], "image/jpeg", HttpStatusCode.BadRequest, "file-empty"),
            (new byte[ReceivedFile.MostBytes + 1], "image/jpeg", HttpStatusCode.RequestEntityTooLarge, "too-large"),
            (SampleFiles.Zip(), null, HttpStatusCode.UnsupportedMediaType, "unknown-file-type"),
            (Encoding.UTF8.GetBytes("{}"), "application/json", HttpStatusCode.UnsupportedMediaType, "unknown-file-type"),
            (SampleFiles.Picture(), "application/pdf", HttpStatusCode.UnsupportedMediaType, "file-not-as-said"),
            (SampleFiles.Picture()[..500], "image/jpeg", HttpStatusCode.UnsupportedMediaType, "file-damaged"),
            (SampleFiles.Bomb(), "image/png", HttpStatusCode.UnsupportedMediaType, "picture-too-large"),
            (SampleFiles.Pdf("/OpenAction << /S /JavaScript >>"), "application/pdf", HttpStatusCode.UnsupportedMediaType, "file-active")])
        {
            await Market.Problem(await market.SendFile(farm.Head, application, file, said), status, code);
        }

        // The same without a length said beforehand.
        using var endless = new HttpRequestMessage(HttpMethod.Post, $"/v1/applications/{application}/files")
        {
            Content = new StreamContent(new Endless(ReceivedFile.MostBytes + 1)),
        };
        await Market.Problem(await market.As(farm.Head).SendAsync(endless), HttpStatusCode.RequestEntityTooLarge, "too-large");
        Assert.Equal(before, await Traces());
    }

    [Theory]
    [InlineData("..%2f..%2fetc%2fpasswd")]
    [InlineData("%252e%252e%252fkeys")]
    [InlineData("zz")]
    [InlineData("ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Only_a_hash_of_the_case_names_a_file(string name)
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.DraftedCase(farm);
        Assert.Equal(HttpStatusCode.NotFound, (await market.Get(farm.Head, $"/v1/applications/{application}/files/{name}")).StatusCode);
        await Assert.ThrowsAsync<ArgumentException>(() => new LocalFiles(market.Files).Read("../../etc/passwd", default));
    }

    [Fact]
    public async Task The_same_file_sent_many_times_at_once_is_kept_once()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.DraftedCase(farm);
        var picture = SampleFiles.Picture(colour: 0xFF112233);
        var files = OnDisk().Length;

        var answers = await market.Race("lock table certification.case_file in share row exclusive mode", 4,
            _ => market.SendFile(farm.Head, application, picture, "image/jpeg"));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single((await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()))).Distinct());
        Assert.Equal(files + 1, OnDisk().Length);
        Assert.Equal(1L, await market.Scalar<long>($"select count(*) from kernel.event where stream = '{application}' and type = 'EvidenceFiled'"));
        foreach (var file in OnDisk())
        {
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
        }
    }

    [Fact]
    public async Task An_instance_killed_between_file_and_row_leaves_nothing_to_see()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.DraftedCase(farm);
        var data = Directory.CreateTempSubdirectory("marketplace-files-").FullName;
        var picture = SampleFiles.Picture(colour: 0xFF445566);
        var hash = ReceivedFile.Check(picture, null).Value!.Hash;
        var place = Path.Combine(data, "files", hash[..2], hash);
        try
        {
            await using var running = await RunningApi.Start(market.Instance(data));
            using var client = Client(running, farm.Head);
            await using (var holder = new NpgsqlConnection(market.OwnerConnection))
            {
                await holder.OpenAsync();
                await using var hold = new NpgsqlCommand("begin; lock table kernel.file in share row exclusive mode", holder);
                await hold.ExecuteNonQueryAsync();
                var sending = Market.SendFile(client, application, picture);
                for (var i = 0; i < 600 && !File.Exists(place); i++)
                {
                    await Task.Delay(10);
                }

                await running.Kill();
                await Assert.ThrowsAsync<HttpRequestException>(() => sending);
            }

            Assert.True(File.Exists(place), "the bytes come first");
            await using var again = await RunningApi.Start(market.Instance(data));
            using var second = Client(again, farm.Head);
            Assert.Equal("[]", await second.GetStringAsync($"/v1/applications/{application}/files"));
            await Market.Problem(await second.GetAsync($"/v1/applications/{application}/files/{hash}"), HttpStatusCode.NotFound, "not-found");
            await Market.Body(await Market.SendFile(second, application, picture));
            Assert.Equal(HttpStatusCode.OK, (await second.GetAsync($"/v1/applications/{application}/files/{hash}")).StatusCode);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static HttpClient Client(RunningApi running, Market.Member member) =>
        new() { BaseAddress = running.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", member.Key) } };

    private string[] OnDisk() => Directory.Exists(market.Files) ? Directory.GetFiles(market.Files, "*", SearchOption.AllDirectories) : [];

    private async Task<(int Files, long Rows)> Traces() =>
        (OnDisk().Length, await market.Scalar<long>("select (select count(*) from kernel.file) + (select count(*) from certification.case_file)"));

    /// <summary>So many bytes, of a length nobody knows beforehand.</summary>
    private sealed class Endless(long left) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(left, count);
            left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
