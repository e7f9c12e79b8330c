// Mutation testing of the rotation's heart (`npm run mutation`, some two hours on two cores; not part of the checks): the rotation and the
// forms of its secrets, against the tests that run without HTTP.
export default {
  testRunner: 'vitest',
  // The tests of a change are known by what they cover: nobody has to find out which files import it.
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  mutate: [
    'lambda/core/rotation/*.ts',
    'lambda/core/secret/{client-secret,secret-format,slot-forms,scim-form,project-secret-form,request-token}.ts',
  ],
  coverageAnalysis: 'perTest',
  ignoreStatic: false,
  concurrency: 2,
  // What each of 4,000 tests covers of 4,600 changes is held at once.
  testRunnerNodeArgs: ['--max-old-space-size=6144'],
  timeoutMS: 10000,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'reports/mutation.json' },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: '.stryker-tmp',
  disableTypeChecks: false,
  ignorePatterns: ['dist', 'cdk.out', 'reports', 'bench'],
}
