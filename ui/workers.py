"""Several server processes at one port, of which those that die are started anew."""

from uvicorn.supervisors import Multiprocess


class Workers(Multiprocess):
    """uvicorn's, which asks its processes again and again whether they are there.

    It keeps both ends of the pipe to each. So the pipe to one that is killed between question and answer stays open,
    and it waits for as long as a busy process may take to answer; meanwhile nothing is started.
    """

    def keep_subprocess_alive(self) -> None:
        """Start what has died."""
        for process in self.processes:
            process.child_conn.close()  # the process has its own; ours again is nothing
        super().keep_subprocess_alive()
