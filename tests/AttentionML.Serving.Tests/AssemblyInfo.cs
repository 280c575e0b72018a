using Xunit.Sdk;
using Xunit.v3;

// The servers count sessions and buffers for the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]
