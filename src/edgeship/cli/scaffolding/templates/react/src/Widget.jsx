import { Suspense, lazy, useState } from 'react';
import { version } from '../package.json';

/* Loaded by the first click. */
const Details = lazy(() => import('./Details.jsx'));

export function Widget() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button onClick={() => setOpen(true)}>@WIDGET@ {version}</button>
      {open && (
        <Suspense fallback={null}>
          <Details />
        </Suspense>
      )}
    </>
  );
}
