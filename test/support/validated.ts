import { Validations, type App, type IPolicyValidationPlugin } from 'aws-cdk-lib';

/** What synthesis says with checks in place; nothing where they have no finding that stops it. */
export function errorOf(app: App, plugins: IPolicyValidationPlugin[]): string {
  const quiet = [jest.spyOn(console, 'error').mockImplementation(), jest.spyOn(console, 'log').mockImplementation()];
  Validations.of(app).addPlugins(...plugins);
  try {
    app.synth();
    return '';
  } catch (error) {
    return String(error);
  } finally {
    quiet.forEach((spy) => spy.mockRestore());
  }
}
