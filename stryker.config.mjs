// Mutation testing of the rotation's heart (`npm run mutation`, hours, or a file by `--mutate`; not part of the checks): the domain and the rotation's use
// cases, against the tests that run without HTTP.
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  plugins: ['@stryker-mutator/vitest-runner'],
  mutate: [
    'lambda/core/rotation/*.ts',
    'lambda/core/secret/{client-secret,secret-format,slot-forms,scim-form,project-secret-form,request-token}.ts',
  ],
  coverageAnalysis: 'perTest',
  ignoreStatic: false,
  concurrency: 2,
  timeoutMS: 20000,
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'reports/mutation.json' },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: '.stryker-tmp',
  disableTypeChecks: false,
  ignorePatterns: ['dist', 'cdk.out', 'reports', 'bench'],
}
