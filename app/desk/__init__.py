"""desk: the staff's work queue, announcements, requests for help and the health page.

Owns who works on what (holds), announcements (公告) and help requests (求助). The queues themselves are the rooms' own,
registered in `app.web.queues`; this room shows them as one list, the oldest first. It stands below `front`.
"""
