using Crosswire.Client.Tests.Support;

namespace Crosswire.Client.Tests;

/// <summary>Every test of the list as a row of its own: `dotnet test --filter-trait test=core/echo`.</summary>
public sealed class ListTests(Stepper stepper) : IClassFixture<Stepper>
{
    /// <summary>Longer than any test may wait, with every wait stretched.</summary>
    private const int Deadline = 120_000;

    /// <summary>What tells such a row from one that was never run.</summary>
    private const string ExpectedFailure = "expected to fail: ";

    public static IEnumerable<TheoryDataRow<string>> Rows() =>
        from listed in Repository.Listed()
        let id = (string)listed.Test["id"]!
        select new TheoryDataRow<string>(id) { TestDisplayName = id, Label = "" }.WithTrait("profile", listed.Profile).WithTrait("test", id);

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(Rows))]
    public async Task Passes(string id)
    {
        Assert.True(stepper.Tests.TryGetValue(id, out var test), $"`crosswire step` knows no test {id}");
        if (test["unsupported"] is { } lack)
        {
            Assert.Skip((string)lack!);
        }

        var verdict = await stepper.JudgeAsync(id);
        var outcome = (string)verdict["outcome"]!;
        if (outcome is "known")
        {
            // It has failed, as it was to be expected. The framework has no other word for that than a skipped row.
            Assert.Skip($"{ExpectedFailure}{test["known"]!["reason"]} {test["known"]!["link"]}");
        }

        Assert.True(outcome is "ok", $"{outcome}\n{verdict["message"]}");
    }

    [Fact]
    public void Every_test_of_the_list_is_a_row() => Assert.Equal(stepper.Tests.Keys.Order(StringComparer.Ordinal), Rows().Select(row => row.Data).Order(StringComparer.Ordinal));
}
