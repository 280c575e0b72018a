using System.Runtime.CompilerServices;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tests.Mechanisms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

public class AttentionTransformerTests
{
    private static readonly MLContext Ml = new(seed: 42);

    private static readonly int[] HeadCounts = [1, 3];
    private static readonly bool[] Directions = [false, true];

    public static TheoryData<string, int, bool> MechanismsHeadsAndDirections =>
        [.. from mechanism in LawSubjects.All
            from headCount in HeadCounts
            from causal in Directions
            select new TheoryDataRow<string, int, bool>(mechanism.Name, headCount, causal)];

    [Theory]
    [MemberData(nameof(MechanismsHeadsAndDirections))]
    public void Transform_VariableLengths_GivesAttentionRowByRow(string name, int headCount, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        var rows = Sequences.Random(6, 7, 1, 63, 7, 7, 64, 2, 63, 200, 1);
        var options = new AttentionOptions { ModelDimension = 6, HeadCount = headCount, Mechanism = mechanism, Causal = causal };

        var outputs = Sequences.Read(Fit(rows, options).Transform(Sequences.View(Ml, rows)));

        for (var i = 0; i < rows.Length; i++)
        {
            Sequences.AssertClose(
                Sequences.Attend(mechanism, headCount, rows[i].Queries, rows[i].Keys, rows[i].Values, 6, causal), outputs[i],
                mechanism.Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(MechanismsHeadsAndDirections))]
    public void Transform_NaNInOneStep_ReachesTheRowsThatSeeIt(string name, int headCount, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        var options = new AttentionOptions { ModelDimension = 6, HeadCount = headCount, Mechanism = mechanism, Causal = causal };
        var rows = Sequences.Random(6, 7, 5, 8, 7, 7);
        var clean = Sequences.Read(Fit(rows, options).Transform(Sequences.View(Ml, rows)));
        const int Step = 3;
        rows[2].Values.AsSpan(Step * 6, 6).Fill(float.NaN);

        var outputs = Sequences.Read(Fit(rows, options).Transform(Sequences.View(Ml, rows)));

        Assert.Equal(5, outputs.Length);
        foreach (var row in new[] { 0, 1, 3, 4 })
        {
            Sequences.AssertClose(clean[row], outputs[row], mechanism.Tolerance);
        }

        var blind = causal ? Step * 6 : 0;
        Sequences.AssertClose(clean[2][..blind], outputs[2][..blind], mechanism.Tolerance);
        Assert.All(outputs[2][blind..], value => Assert.Equal(float.NaN, value));
    }

    [Fact]
    public void Transform_OneColumn_AttendsToItself()
    {
        var rows = Sequences.Random(6, 7, 1, 63);
        var estimator = Ml.Transforms.Attention("Queries", null, new AttentionOptions { ModelDimension = 6, HeadCount = 2 });

        var transformer = estimator.Fit(Sequences.View(Ml, rows));
        var outputs = Sequences.Read(transformer.Transform(Sequences.View(Ml, rows)), "Queries");

        for (var i = 0; i < rows.Length; i++)
        {
            var x = rows[i].Queries;
            Sequences.AssertClose(Sequences.Attend(AttentionMechanism.Softmax, 2, x, x, x, 6), outputs[i], 1e-5);
        }
    }

    [Fact]
    public void Transform_QueriesOfOtherLengths_GivesOneOutputAQuery()
    {
        var rows = Sequences.Random(6, 7, 1, 63, 7, 40);
        var queries = Sequences.Random(6, 3, 63, 5, 40, 1);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i].Queries = queries[i].Queries;
        }

        var options = new AttentionOptions { ModelDimension = 6, HeadCount = 3 };
        var outputs = Sequences.Read(Fit(rows, options).Transform(Sequences.View(Ml, rows)));

        for (var i = 0; i < rows.Length; i++)
        {
            Sequences.AssertClose(
                Sequences.Attend(AttentionMechanism.Softmax, 3, rows[i].Queries, rows[i].Keys, rows[i].Values, 6), outputs[i], 1e-5);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(3, 1)]
    public void Transform_ValueDimension_SetsTheWidthOfTheOutput(int headCount, int valueDimension)
    {
        var rows = Sequences.Random(6, headCount * valueDimension, [7, 1, 63]);
        var options = new AttentionOptions { ModelDimension = 6, HeadCount = headCount, ValueDimension = valueDimension };

        var outputs = Sequences.Read(Fit(rows, options).Transform(Sequences.View(Ml, rows)));

        for (var i = 0; i < rows.Length; i++)
        {
            Assert.Equal(rows[i].Values.Length, outputs[i].Length);
            Sequences.AssertClose(
                Sequences.Attend(AttentionMechanism.Softmax, headCount, rows[i].Queries, rows[i].Keys, rows[i].Values, 6), outputs[i],
                1e-5);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10_000)]
    [InlineData(1_000_000)]
    public void Transform_AnyBatchBytes_GivesTheSame(int batchBytes)
    {
        var rows = Sequences.Random(6, [.. Enumerable.Range(0, 50).Select(i => 1 + (i * 37 % 63))]);
        var options = new AttentionOptions { ModelDimension = 6, Mechanism = AttentionMechanism.LinearElu };
        var expected = Sequences.Read(Fit(rows, options).Transform(Sequences.View(Ml, rows)));

        var transformer = Fit(rows, options with { BatchBytes = batchBytes });
        var outputs = Sequences.Read(transformer.Transform(Sequences.View(Ml, rows)));

        for (var i = 0; i < rows.Length; i++)
        {
            Sequences.AssertClose(expected[i], outputs[i], 1e-5);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void GetOutputSchema_FixedOrVariableInput_GivesTheSameKindOfOutput(bool isFixed)
    {
        var view = Sequences.View(Ml, Sequences.Random(6, 7, 7), isFixed);
        var estimator = Ml.Transforms.Attention(
            "Output", "Queries", "Keys", "Values", new AttentionOptions { ModelDimension = 6, HeadCount = 2, ValueDimension = 3 });

        var schema = estimator.Fit(view).GetOutputSchema(view.Schema);
        var shape = estimator.GetOutputSchema(SchemaShapeOf(view)).Single(column => column.Name == "Output");

        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, isFixed ? 42 : 0), schema["Output"].Type);
        Assert.Equal(isFixed ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector, shape.Kind);
        Assert.Equal(NumberDataViewType.Single, shape.ItemType);
        Assert.Equal(view.Schema.Count + 1, schema.Count);
    }

    [Fact]
    public void GetOutputSchema_OutputNamedAsInput_ReplacesItInTheShape()
    {
        var view = Sequences.View(Ml, Sequences.Random(6, 7, 7));
        var estimator = Ml.Transforms.Attention("Queries", null, new AttentionOptions { ModelDimension = 6 });

        var shape = estimator.GetOutputSchema(SchemaShapeOf(view));

        Assert.Single(shape, column => column.Name == "Queries");
        Assert.Equal(SchemaShapeOf(view).Count, shape.Count);
    }

    [Theory]
    [InlineData("Nowhere", "There is no column 'Nowhere'; it has to be a vector of Single, 6 values a step, of fixed or variable size.")]
    [InlineData("Number", "Column 'Number' is Single; it has to be a vector of Single, 6 values a step, of fixed or variable size.")]
    [InlineData("Text", "Column 'Text' is String; it has to be a vector of Single, 6 values a step, of fixed or variable size.")]
    public void Fit_WrongColumn_NamesItAndWhatIsAllowed(string column, string message)
    {
        var view = Sequences.View(Ml, Sequences.Random(6, 7, 7));
        var estimator = Ml.Transforms.Attention("Output", column, new AttentionOptions { ModelDimension = 6 });

        var error = Assert.Throws<ArgumentException>(() => estimator.Fit(view));

        Assert.Equal(message, error.Message);
        Assert.Contains($"column '{column}'", Assert.Throws<ArgumentException>(
            () => estimator.GetOutputSchema(SchemaShapeOf(view))).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Fit_FixedSizeOfPartSteps_SaysWhichSizesFit()
    {
        var view = Sequences.View(Ml, Sequences.Random(6, 7, 7), isFixed: true);
        var estimator = Ml.Transforms.Attention("Output", "Queries", new AttentionOptions { ModelDimension = 8 });

        var error = Assert.Throws<ArgumentException>(() => estimator.Fit(view));

        Assert.Equal("Column 'Queries' has 42 values a row; it needs a multiple of 8, the values of one step.", error.Message);
    }

    [Fact]
    public void Fit_FixedKeysAndValuesOfOtherLengths_Throws()
    {
        var row = Sequences.Random(6, 7)[0];
        row.Values = row.Values[..36];

        var error = Assert.Throws<ArgumentException>(() => Ml.Transforms
            .Attention("Output", "Queries", "Keys", "Values", new AttentionOptions { ModelDimension = 6 })
            .Fit(Sequences.View(Ml, [row], isFixed: true)));

        Assert.Contains(
            "the keys in column 'Keys' have 7 steps and the values in column 'Values' 6; they have to agree.", error.Message,
            StringComparison.Ordinal);
    }

    public static TheoryData<string, float[], float[], float[], bool> RefusedRows => new()
    {
        { "Row 1 of column 'Queries' is empty; a row needs at least one step, 2 values.", [], [1, 2], [1, 2], false },
        { "Row 1 of column 'Keys' has 3 values; it needs a multiple of 2, the values of one step.", [1, 2], [1, 2, 3], [1, 2], false },
        {
            "Row 1 of column 'Values' is infinite at step 1, place 0; allowed are finite numbers, and NaN for a missing value.",
            [1, 2], [1, 2, 3, 4], [1, 2, float.NegativeInfinity, 4], false
        },
        {
            "Row 1: the keys in column 'Keys' have 2 steps and the values in column 'Values' 1; they have to agree.",
            [1, 2], [1, 2, 3, 4], [1, 2], false
        },
        {
            "Row 1: the queries in column 'Queries' have 2 steps and the keys in column 'Keys' 1; causal attention needs as many of one " +
            "as of the other.", [1, 2, 3, 4], [1, 2], [1, 2], true
        },
    };

    [Theory]
    [MemberData(nameof(RefusedRows))]
    public void Transform_RowThatDoesNotFit_NamesColumnRowAndWhatIsAllowed(
        string message, float[] queries, float[] keys, float[] values, bool causal)
    {
        var rows = Sequences.Random(2, 3, 3, 3);
        (rows[1].Queries, rows[1].Keys, rows[1].Values) = (queries, keys, values);
        var transformer = Fit(rows, new AttentionOptions { ModelDimension = 2, Causal = causal });

        var error = Assert.Throws<InvalidDataException>(() => Sequences.Read(transformer.Transform(Sequences.View(Ml, rows))));

        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Attention_OneColumnOfTwoWidths_Throws()
    {
        var view = Sequences.View(Ml, Sequences.Random(6, 7));
        var estimator = Ml.Transforms.Attention("Output", "Queries", new AttentionOptions { ModelDimension = 6, ValueDimension = 2 });

        var error = Assert.Throws<ArgumentException>(() => estimator.Fit(view));

        Assert.StartsWith(
            "Column 'Queries' has steps of 6 values as queries or keys, and of 2 as values", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Predict_RowByRow_EqualsTransform()
    {
        var rows = Sequences.Random(6, 7, 1, 63, 7);
        var transformer = Fit(rows, new AttentionOptions { ModelDimension = 6, HeadCount = 2 });
        var expected = Sequences.Read(transformer.Transform(Sequences.View(Ml, rows)));
        using var engine = Ml.Model.CreatePredictionEngine<Sequences.Row, Prediction>(transformer);

        for (var i = 0; i < rows.Length; i++)
        {
            var prediction = engine.Predict(rows[i]);
            Sequences.AssertClose(expected[i], prediction.Output, 1e-5);
            Assert.Equal(rows[i].Text, prediction.Text);
        }
    }

    [Fact]
    public void Predict_RefusedRow_ThrowsAndGoesOn()
    {
        var rows = Sequences.Random(6, 7, 7);
        var transformer = Fit(rows, new AttentionOptions { ModelDimension = 6 });
        using var engine = Ml.Model.CreatePredictionEngine<Sequences.Row, Prediction>(transformer);
        rows[0].Keys[5] = float.PositiveInfinity;

        Assert.Throws<InvalidDataException>(() => engine.Predict(rows[0]));

        Assert.Equal(42, engine.Predict(rows[1]).Output.Length);
    }

    [Fact]
    public void CrossValidate_TrainerBehindTheTransform_FitsEveryFold()
    {
        var rows = Sequences.Random(6, [.. Enumerable.Repeat(7, 60)]);
        var options = new AttentionOptions { ModelDimension = 6, HeadCount = 2 };
        var pipeline = Ml.Transforms.Attention("Once", "Queries", options)
            .Append(Ml.Transforms.Attention("Twice", "Once", options with { Mechanism = AttentionMechanism.LinearElu }))
            .Append(Ml.Transforms.NormalizeMinMax("Twice"))
            .AppendCacheCheckpoint(Ml)
            .Append(Ml.BinaryClassification.Trainers.SdcaLogisticRegression(featureColumnName: "Twice"));

        var folds = Ml.BinaryClassification.CrossValidate(Sequences.View(Ml, rows, isFixed: true), pipeline, numberOfFolds: 3);

        Assert.Equal(3, folds.Count);
        Assert.All(folds, fold => Assert.InRange(fold.Metrics.Accuracy, 0, 1));
    }

    [Fact]
    public void Transformer_Made_TellsItsColumnsAndOptions()
    {
        var options = new AttentionOptions { ModelDimension = 6 };
        var transformer = Fit(Sequences.Random(6, 7), options);

        Assert.Equal(
            ("Output", "Queries", "Keys", "Values"),
            (transformer.OutputColumnName, transformer.QueriesColumnName, transformer.KeysColumnName, transformer.ValuesColumnName));
        Assert.Same(options, transformer.Options);
        Assert.True(transformer.IsRowToRowMapper);
    }

    private static AttentionTransformer Fit(Sequences.Row[] rows, AttentionOptions options) =>
        Ml.Transforms.Attention("Output", "Queries", "Keys", "Values", options).Fit(Sequences.View(Ml, rows));

    private static SchemaShape SchemaShapeOf(IDataView view) => CreateShape(null, view.Schema);

    // ML.NET makes these itself when a pipeline is fitted.
    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "Create")]
    private static extern SchemaShape CreateShape(SchemaShape? type, DataViewSchema schema);

    private sealed class Prediction
    {
        public float[] Output { get; set; } = [];

        public string Text { get; set; } = "";
    }
}
