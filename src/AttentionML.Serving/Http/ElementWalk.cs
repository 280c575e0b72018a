using System.Text.Json;

namespace AttentionML.Serving.Http;

/// <summary>Walks over elements in a list, or in lists as deep and as long as the shape says; stands behind the start of the first.</summary>
internal struct ElementWalk(string name, long[] shape, long count)
{
    private readonly long[] _lists = new long[Math.Max(shape.Length, 1)]; // How many lists so far, in the one of each depth.
    private int _depth = 1;
    private int _elementDepth; // 0 before the first element.
    private long _taken;
    private long _takenBefore; // Elements before the innermost list.

    /// <summary>Moves over an element and returns its index.</summary>
    public int Take()
    {
        if (_depth != _elementDepth)
        {
            if (_elementDepth > 0 || (_depth > 1 && _depth != shape.Length))
            {
                throw Uneven();
            }

            _elementDepth = _depth;
        }

        return _taken < count
            ? (int)_taken++
            : throw InferenceException.Invalid($"Input '{name}' has more elements than the {count} of its shape.");
    }

    /// <summary>Moves over the start or the end of a list; true at the end of the outermost.</summary>
    public bool Bracket(JsonTokenType bracket) => bracket == JsonTokenType.StartArray ? Open() : Close();

    private bool Open()
    {
        if (_depth == _elementDepth || _depth >= shape.Length)
        {
            throw Uneven();
        }

        _lists[_depth - 1]++;
        _lists[_depth++] = 0;
        _takenBefore = _taken;
        return false;
    }

    private bool Close()
    {
        var length = _depth == _elementDepth ? _taken - _takenBefore : _lists[_depth - 1];
        if ((_elementDepth > 1 || _depth > 1) && length != shape[_depth - 1])
        {
            throw Uneven();
        }

        if (--_depth > 0)
        {
            return false;
        }

        return _taken == count
            ? true
            : throw InferenceException.Invalid($"Input '{name}' has {_taken} elements; its shape has {count}.");
    }

    private readonly InferenceException Uneven() =>
        InferenceException.Invalid($"The lists of input '{name}' are neither flat nor nested as its shape [{string.Join(", ", shape)}] is.");
}
