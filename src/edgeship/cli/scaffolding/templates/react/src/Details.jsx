import { version } from '../package.json';

export default function Details() {
  return (
    <p id="details" data-version={version}>
      This is release {version}.
    </p>
  );
}
